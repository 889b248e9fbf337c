"""What ML assets look like on the wire, by noun."""
