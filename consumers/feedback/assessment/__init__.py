"""The printable report of a period (plan part 3), made from reports on `credit.feedback`."""
