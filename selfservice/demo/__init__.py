"""An organisation to look at in demo mode: three brands, their staff and customers, and a fortnight of pages."""
