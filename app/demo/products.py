"""What the demo shop sells: Steep & Ladle, forty teas and things for the table, priced in euros."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Product:
    """One article; `said_en` and `name_zh` are what customers call it in the middle of a sentence."""

    sku: str
    name_en: str
    said_en: str
    name_zh: str
    price: float
    kind: str  # "tea", "pot" (it pours), "cup" (one drinks from it) or "ware"
    fragile: bool = False

    def name(self, language: str) -> str:
        return self.name_zh if language == "zh" else self.name_en

    def said(self, language: str) -> str:
        return self.name_zh if language == "zh" else self.said_en


_KINDS: Final = {
    "pot": "pot",
    "pitcher": "pot",
    "kettle": "pot",
    "gaiwan": "cup",
    "cup": "cup",
    "mug": "cup",
    "flask": "cup",
}


def _tea(sku: str, name: str, said: str, chinese: str, price: float) -> Product:
    return Product(sku, name, said, chinese, price, "tea")


def _ware(sku: str, name: str, said: str, chinese: str, price: float, fragile: bool = False) -> Product:
    return Product(sku, name, said, chinese, price, _KINDS.get(sku.split("-")[0], "ware"), fragile)


PRODUCTS: Final[tuple[Product, ...]] = (
    _tea("tea-longjing", "Dragon Well Green Tea", "dragon well", "明前龙井", 24.0),
    _tea("tea-biluochun", "Biluochun Green Tea", "biluochun", "碧螺春", 22.0),
    _tea("tea-maofeng", "Huangshan Maofeng", "maofeng", "黄山毛峰", 19.0),
    _tea("tea-sencha", "Everyday Sencha", "sencha", "日式煎茶", 14.0),
    _tea("tea-genmaicha", "Genmaicha with Roasted Rice", "genmaicha", "玄米茶", 11.5),
    _tea("tea-matcha", "Kitchen Matcha", "matcha", "抹茶粉", 18.0),
    _tea("tea-jasmine", "Jasmine Pearls", "jasmine tea", "茉莉龙珠", 17.5),
    _tea("tea-tieguanyin", "Iron Goddess Oolong", "iron goddess oolong", "铁观音", 21.0),
    _tea("tea-dahongpao", "Big Red Robe Oolong", "big red robe", "大红袍", 29.0),
    _tea("tea-dancong", "Phoenix Dancong Oolong", "dancong", "凤凰单丛", 32.0),
    _tea("tea-dongding", "Frozen Summit Oolong", "dong ding", "冻顶乌龙", 23.0),
    _tea("tea-keemun", "Keemun Black Tea", "keemun", "祁门红茶", 15.0),
    _tea("tea-dianhong", "Yunnan Gold", "yunnan black tea", "滇红金芽", 16.5),
    _tea("tea-breakfast", "Kitchen Table Breakfast Tea", "breakfast tea", "早餐红茶", 9.5),
    _tea("tea-earlgrey", "Earl Grey with Cornflower", "earl grey", "伯爵茶", 10.5),
    _tea("tea-puer", "Ripe Pu-erh Cake", "pu-erh", "熟普洱茶饼", 36.0),
    _tea("tea-baimudan", "White Peony", "white peony tea", "白牡丹", 20.0),
    _tea("tea-chrysanthemum", "Chrysanthemum Flowers", "chrysanthemum tea", "杭白菊", 8.5),
    _tea("tea-rooibos", "Rooibos with Orange", "rooibos", "橙香博士茶", 9.0),
    _tea("tea-peppermint", "Garden Peppermint", "peppermint tea", "薄荷茶", 7.5),
    _ware("pot-yixing", "Yixing Clay Teapot", "clay teapot", "紫砂壶", 68.0, True),
    _ware("pot-glass", "Glass Teapot with Strainer", "glass teapot", "玻璃茶壶", 34.0, True),
    _ware("pot-celadon", "Celadon Teapot", "celadon teapot", "青瓷茶壶", 52.0, True),
    _ware("gaiwan-white", "White Porcelain Gaiwan", "gaiwan", "白瓷盖碗", 19.0, True),
    _ware("cup-glass", "Double-Walled Glass", "double-walled glass", "双层玻璃杯", 12.0, True),
    _ware("cup-celadon", "Set of Six Celadon Cups", "cup set", "青瓷品茗杯套装", 38.0, True),
    _ware("mug-infuser", "Mug with Infuser and Lid", "infuser mug", "带滤马克杯", 21.0, True),
    _ware("bowl-matcha", "Matcha Bowl", "matcha bowl", "抹茶碗", 26.0, True),
    _ware("bowl-rice", "Set of Four Rice Bowls", "bowl set", "陶瓷饭碗套装", 30.0, True),
    _ware("plate-ash", "Ash-Glazed Plate", "ash-glazed plate", "草木灰釉盘", 18.0, True),
    _ware("jar-storage", "Stoneware Tea Jar", "tea jar", "粗陶茶叶罐", 25.0, True),
    _ware("pitcher-fair", "Fairness Pitcher", "glass pitcher", "公道杯", 16.0, True),
    _ware("kettle-steel", "Gooseneck Kettle", "kettle", "细嘴手冲壶", 49.0),
    _ware("flask-travel", "Travel Flask with Strainer", "travel flask", "便携泡茶保温杯", 27.0),
    _ware("whisk-bamboo", "Bamboo Whisk", "bamboo whisk", "竹茶筅", 13.0),
    _ware("scoop-bamboo", "Bamboo Tea Scoop", "tea scoop", "竹茶则", 8.0),
    _ware("tray-bamboo", "Bamboo Tea Tray", "tea tray", "竹制茶盘", 44.0),
    _ware("strainer-fine", "Fine Steel Strainer", "strainer", "不锈钢茶漏", 9.5),
    _ware("cloth-linen", "Linen Tea Towel", "linen towel", "亚麻茶巾", 7.0),
    _ware("tin-storage", "Airtight Tea Tin", "tea tin", "密封茶罐", 11.0),
)

BY_SKU: Final[dict[str, Product]] = {product.sku: product for product in PRODUCTS}
