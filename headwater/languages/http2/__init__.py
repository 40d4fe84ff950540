"""HTTP/2 without sockets: header blocks (RFC 7541) and frames (RFC 9113)."""
