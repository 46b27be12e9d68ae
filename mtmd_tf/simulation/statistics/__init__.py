"""An online experiment measured: ratio metrics by user, intervals, checks, and Tables 2 to 5 (paper section 3.3)."""
