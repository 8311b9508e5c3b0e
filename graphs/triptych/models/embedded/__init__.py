"""The embedded model: its file, and llama.cpp's own server on this machine."""
