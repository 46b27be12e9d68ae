"""The names of the ad world: its domains, categories and every other closed list of tokens (paper section 2.1.1)."""

HOME_FEED, SEARCH, RELATED_PIN = 0, 1, 2
SURFACES = ("home_feed", "search", "related_pin")
STANDARD, SHOPPING = 0, 1
PRODUCTS = ("standard", "shopping")
TASKS = ("ctr", "gctr", "octr", "cvr", "hide", "repin")

CATEGORIES = (
    "animals", "art", "beauty", "cars", "children", "crafts", "design", "education", "electronics", "entertainment",
    "fashion_men", "fashion_women", "finance", "fitness", "food", "gardening", "health", "holidays", "home_decor",
    "jewellery", "outdoors", "parties", "travel", "weddings",
)  # fmt: skip
TERMS_PER_CATEGORY = 40
TERMS = tuple(f"{category}_{number}" for category in CATEGORIES for number in range(TERMS_PER_CATEGORY))

ANDROID, IOS, TABLET, DESKTOP = 0, 1, 2, 3
DEVICES = ("android", "ios", "tablet", "desktop")
COUNTRIES = ("US", "GB", "CA", "DE", "FR", "BR", "MX", "IN", "JP", "AU", "ES", "IT")
LANGUAGES = ("en", "en", "en", "de", "fr", "pt", "es", "en", "ja", "en", "es", "it")  # of each country
AGE_BANDS = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+")
SEGMENTS = (
    "browsers",
    "planners",
    "bargain_hunters",
    "collectors",
    "parents",
    "makers",
    "trend_followers",
    "travellers",
)
ENTRY_POINTS = (
    "home_main",
    "home_following",
    "search_typed",
    "search_guided",
    "pin_closeup",
    "pin_below",
)  # two a surface

IMAGE, VIDEO, CAROUSEL, COLLECTION = 0, 1, 2, 3
FORMATS = ("image", "video", "carousel", "collection")
AWARENESS, TRAFFIC, CONVERSIONS, CATALOG_SALES = 0, 1, 2, 3
OBJECTIVES = ("awareness", "traffic", "conversions", "catalog_sales")
CALLS_TO_ACTION = ("none", "learn_more", "shop_now", "sign_up", "visit_site")
SITE, APP, FORM = 0, 1, 2
LANDING_TYPES = ("site", "app", "form")
COLORS = ("white", "black", "red", "orange", "yellow", "green", "blue", "pink")
