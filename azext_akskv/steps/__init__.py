"""Steps that look before they act: building blocks of the flows."""
