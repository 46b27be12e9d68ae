"""A hand-written Complete Journey: 5 products, 2 households, 4 weeks."""

import pandas as pd

from tfrecords_tools.sources.complete_journey.tables import Tables

# Rows of the product table.
BREAD, OWN_BREAD, MILK, MYSTERY, OWN_MILK = range(5)

_PRODUCTS = """
product_id manufacturer_id department brand    product_category product_type package_size
10         1               GROCERY    National BREAD            WHITE        20_OZ
11         2               GROCERY    Private  BREAD            WHITE        .
12         1               DAIRY      National MILK             WHOLE        1_GA
13         3               MISC       National .                .            .
14         2               DAIRY      Private  MILK             SKIM         1_GA
"""
# Timestamps are UTC, five hours ahead of the stores.
_TRANSACTIONS = """
basket_id household_id store_id week transaction_timestamp product_id quantity sales_value retail_disc coupon_disc
1         7            5        1    2017-01-01T17:00:00   10         1        2.00        0.00        0.00
1         7            5        1    2017-01-01T17:00:00   12         2        4.00        0.00        0.00
2         7            5        2    2017-01-03T17:00:00   10         3        4.50        1.50        0.00
3         8            6        2    2017-01-04T17:00:00   11         1        1.00        0.00        0.00
4         7            5        3    2017-01-10T23:00:00   10         2        3.50        0.00        0.50
4         7            5        3    2017-01-10T23:00:00   13         1        9.00        0.00        0.00
5         8            5        3    2017-01-13T17:00:00   14         1        2.00        0.00        0.00
6         8            9        3    2017-01-13T19:00:00   12         1        2.00        0.00        0.00
7         7            5        4    2017-01-23T04:30:00   12         1        2.00        0.00        0.00
"""
_PROMOTIONS = """
week store_id product_id mailer_location display_location
1    5        10         A               0
2    5        10         0               3
2    6        11         A               0
3    5        10         D               0
3    5        10         0               9
3    5        11         A               0
3    5        12         0               1
3    5        13         A               0
3    5        14         A               0
4    5        12         A               0
"""
_DEMOGRAPHICS = """
household_id age   income household_size household_comp marital_status home_ownership kids_count
7            25-34 50-74K 2              2_Adults       Married        .              0
8            .     .      .              .              .              Renter         .
"""
_CAMPAIGN_DESCRIPTIONS = """
campaign_id campaign_type start_date end_date
1           Type_A        2017-01-09 2017-01-12
2           Type_B        2017-01-18 2017-01-20
"""
_CAMPAIGNS = """
campaign_id household_id
1           7
2           8
"""
_COUPONS = """
coupon_upc product_id campaign_id
900        10         1
901        10         1
902        12         2
"""


def tiny_frames() -> dict[str, pd.DataFrame]:
    """The package's frames, by name."""
    transactions = _frame(_TRANSACTIONS, dates=("transaction_timestamp",))
    return {
        "transactions": transactions.assign(coupon_match_disc=0.0),
        "promotions": _frame(_PROMOTIONS, words=("mailer_location", "display_location")),
        "products": _frame(_PRODUCTS),
        "demographics": _frame(_DEMOGRAPHICS, words=("household_size", "kids_count")),
        "campaigns": _frame(_CAMPAIGNS),
        "campaign_descriptions": _frame(_CAMPAIGN_DESCRIPTIONS, dates=("start_date", "end_date")),
        "coupons": _frame(_COUPONS),
    }


def tiny_tables() -> Tables:
    return Tables.from_frames(tiny_frames())


def _frame(text: str, *, words: tuple[str, ...] = (), dates: tuple[str, ...] = ()) -> pd.DataFrame:
    header, *rows = [line.split() for line in text.strip().splitlines()]
    frame = pd.DataFrame(rows, columns=header).replace(".", None)
    for column in frame:
        if column in dates:
            frame[column] = pd.to_datetime(frame[column])
        elif column not in words and frame[column].str.fullmatch(r"[\d.]+").all():
            frame[column] = pd.to_numeric(frame[column])
    return frame
