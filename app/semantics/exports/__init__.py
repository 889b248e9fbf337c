"""Descriptions of assets in the forms that other platforms read. Pure functions over what the API shows."""
