"""When the demo happens and in what order its files come in."""

from datetime import date, datetime
from typing import Final

from schemas.times import SHANGHAI

DAY: Final = date(2026, 6, 16)  # a Tuesday
NOW: Final = datetime(2026, 6, 16, 18, 0, tzinfo=SHANGHAI)  # offices have closed

# (file, list code), each the whole list of its provider; before the events.
LIST_FILES: Final = (
    ("lists/court-defaulters.csv", "court-defaulter"),
    ("lists/procurement-serious.xlsx", "procurement-serious"),
    ("lists/wage-arrears.csv", "wage-arrears"),
    ("lists/market-serious.csv", "market-serious"),
    ("lists/safety-serious.csv", "safety-serious"),
    ("lists/bidding-bans.csv", "bidding-ban"),
    ("lists/licence-bars.xlsx", "licence-bar"),
    ("lists/major-penalties.csv", "major-penalty"),
    ("lists/subsidy-fraud.csv", "subsidy-fraud"),
    ("lists/sme-arrears.csv", "sme-arrears"),
    ("lists/tax-serious.csv", "tax-serious"),
    ("lists/social-insurance.csv", "social-insurance-serious"),
    ("lists/abnormal-operations.csv", "abnormal-operation"),
    ("lists/focus-list.csv", "city-focus"),
    ("lists/red-list.xlsx", "city-red"),
)
EVENT_FILES: Final = (
    "events/approval-cases-morning.csv",
    "events/approval-cases-afternoon.csv",
    "events/approval-cases-corrected.csv",
    "events/permits.csv",
    "events/permits-old-names.csv",
    "events/bid-registrations.xlsx",
    "events/award-notices.csv",
    "events/subsidy-applications.xlsx",
    "events/subsidy-disbursements.csv",
)
CROSSWALK_FILE: Final = "crosswalk.csv"
