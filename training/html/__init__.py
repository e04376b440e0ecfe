"""HTML pages that need no other file: their frame, and figures in SVG."""
