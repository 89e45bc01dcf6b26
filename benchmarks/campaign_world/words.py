"""What people in the made-up campaign write, where, and under which hashtags. Data alone, all invented."""

from __future__ import annotations

from typing import NamedTuple


class Town(NamedTuple):
    """A town as the gazetteer calls it, in WGS-84 degrees; `share` is how often it is named."""

    country: str
    province: str
    city: str
    district: str
    lat: float
    lon: float
    share: float
    said: str


TOWNS = (
    Town("CN", "四川省", "成都市", "武侯区", 30.575, 104.064, 9, "成都"),
    Town("CN", "广东省", "深圳市", "福田区", 22.546, 114.053, 8, "深圳"),
    Town("CN", "广东省", "广州市", "天河区", 23.132, 113.259, 8, "广州"),
    Town("CN", "上海市", "上海市", "浦东新区", 31.232, 121.469, 7, "上海"),
    Town("CN", "北京市", "北京市", "朝阳区", 39.903, 116.401, 7, "北京"),
    Town("CN", "湖北省", "武汉市", "江汉区", 30.596, 114.300, 6, "武汉"),
    Town("CN", "陕西省", "西安市", "雁塔区", 34.343, 108.935, 5, "西安"),
    Town("CN", "江苏省", "南京市", "玄武区", 32.062, 118.792, 5, "南京"),
    Town("CN", "河南省", "郑州市", "金水区", 34.758, 113.649, 5, "郑州"),
    Town("CN", "浙江省", "杭州市", "西湖区", 30.294, 120.161, 5, "杭州"),
    Town("CN", "湖南省", "长沙市", "岳麓区", 28.199, 112.971, 4, "长沙"),
    Town("CN", "重庆市", "重庆市", "渝中区", 29.563, 106.551, 4, "重庆"),
    Town("CN", "福建省", "福州市", "鼓楼区", 26.061, 119.306, 4, "福州"),
    Town("CN", "福建省", "厦门市", "思明区", 24.480, 118.082, 3, "厦门"),
    Town("CN", "山东省", "济南市", "历下区", 36.668, 116.997, 3, "济南"),
    Town("CN", "山东省", "青岛市", "市南区", 36.064, 120.380, 3, "青岛"),
    Town("CN", "辽宁省", "沈阳市", "沈河区", 41.792, 123.433, 3, "沈阳"),
    Town("CN", "天津市", "天津市", "和平区", 39.142, 117.177, 3, "天津"),
    Town("CN", "安徽省", "合肥市", "蜀山区", 31.864, 117.281, 3, "合肥"),
    Town("CN", "广西壮族自治区", "南宁市", "青秀区", 22.817, 108.317, 2.5, "南宁"),
    Town("CN", "云南省", "昆明市", "五华区", 25.039, 102.718, 2.5, "昆明"),
    Town("CN", "贵州省", "贵阳市", "南明区", 26.583, 106.717, 2, "贵阳"),
    Town("CN", "江西省", "南昌市", "东湖区", 28.684, 115.853, 2, "南昌"),
    Town("CN", "河北省", "石家庄市", "长安区", 38.041, 114.478, 2, "石家庄"),
    Town("CN", "山西省", "太原市", "迎泽区", 37.869, 112.560, 1.5, "太原"),
    Town("CN", "黑龙江省", "哈尔滨市", "南岗区", 45.750, 126.650, 1.5, "哈尔滨"),
    Town("CN", "吉林省", "长春市", "朝阳区", 43.880, 125.323, 1.2, "长春"),
    Town("CN", "内蒙古自治区", "呼和浩特市", "新城区", 40.811, 111.652, 0.6, "呼和浩特"),
    Town("CN", "甘肃省", "兰州市", "城关区", 36.057, 103.840, 0.6, "兰州"),
    Town("CN", "新疆维吾尔自治区", "乌鲁木齐市", "天山区", 43.801, 87.601, 0.4, "乌鲁木齐"),
    Town("CN", "海南省", "海口市", "龙华区", 20.046, 110.342, 0.4, "海口"),
    Town("CN", "宁夏回族自治区", "银川市", "兴庆区", 38.468, 106.273, 0.12, "银川"),
    Town("CN", "青海省", "西宁市", "城东区", 36.626, 101.758, 0.06, "西宁"),
    Town("CN", "西藏自治区", "拉萨市", "城关区", 29.650, 91.100, 0.02, "拉萨"),
    Town("US", "California", "Los Angeles", "", 34.052, -118.244, 1.2, "Los Angeles"),
    Town("US", "New York", "New York City", "", 40.714, -74.006, 1.2, "New York City"),
    Town("GB", "England", "London", "", 51.509, -0.126, 1.0, "London"),
    Town("TH", "Bangkok", "Bangkok", "", 13.754, 100.501, 0.5, "Bangkok"),
)

MAIN, TRADITIONAL, EMOJI = "寻找走失的孩子", "尋找走失的孩子", "寻找走失的孩子🙏"
LATIN, LOWER, WIDE, TYPO = (
    "BringThemHomeNow",
    "bringthemhomenow",
    "ＢｒｉｎｇＴｈｅｍＨｏｍｅＮｏｗ",
    "BringThemHomNow",
)
CAMPAIGN_TAGS = (MAIN, TRADITIONAL, EMOJI, LATIN)
"""What is collected. The other spellings come beside them."""
TAGS_ZH = ((MAIN, 0.78), (TRADITIONAL, 0.14), (EMOJI, 0.08))
TAGS_EN = ((LATIN, 0.72), (LOWER, 0.16), (WIDE, 0.04), (TYPO, 0.08))
STREET, PRIZE, SHOP = "街头见到的孩子", "转发抽奖", "GlowSerum2026"
"""Beside the campaign's tags: one that brings sightings, one that brings noise, one of hijackers."""

SEEN_ZH = (
    "{when}在{place}{spot}看到一个{age}岁左右的{sex}，一个人坐在地上。",
    "{place}{spot}，{when}，有个{sex}大约{age}岁，跟着一个大人讨钱，有点不对劲。",
    "刚刚路过{place}{spot}，见到一个{age}岁的{sex}，穿着旧外套，没人管。",
)
SEEN_EN = (
    "{when} I saw a {sex} of about {age} near the {spot} in {place}, alone and crying.",
    "In {place}, at the {spot}, {when}: a {sex}, maybe {age}, with an adult who would not let go.",
)
SPOTS_ZH = ("火车站", "地铁口", "天桥下", "菜市场", "公园门口", "步行街")
SPOTS_EN = ("train station", "bus stop", "market", "park gate")
WHENS_ZH = (("今天上午", -3), ("昨天傍晚", -22), ("前天", -44), ("一小时前", -1))
WHENS_EN = (("this morning", -4), ("yesterday evening", -21), ("an hour ago", -1))
CHAT_ZH = (
    "希望孩子们都能回家。",
    "转起来，多一个人看见多一份希望。",
    "看哭了，加油！",
    "大家一起留意身边的孩子。",
)
CHAT_EN = (
    "Hoping every child gets home.",
    "Please share, every pair of eyes helps.",
    "Stay strong, families.",
)
NEWS_ZH = ("【快讯】志愿者协助警方寻找走失儿童，活动进入第{day}天。", "媒体：参与人数继续增加。")
NEWS_EN = ("News: volunteers support the search for missing children, day {day}.",)
NOTICE_ZH = ("寻人启事：{sex}，{age}岁，在{place}走失，有线索请联系当地警方。",)
NOTICE_EN = ("Missing: {sex}, {age}, last seen in {place}. Please call the local police.",)
FLOOD = "我支持这个活动！！转发这条微博，好运连连，一起冲上热搜！"
HIJACK = ("Glow Serum 50 % off today only! Link in bio.", "限时五折美白精华，点我主页领券！")
PRIZES = ("转发抽三位送手机，今晚开奖。",)
