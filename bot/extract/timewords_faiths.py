"""Names of the feasts of many faiths, Chinese and English, with what they mean. Tables only."""

from __future__ import annotations

from datetime import date, timedelta

from bot.extract import days
from bot.extract.days import Days, lengthened, shifted
from bot.extract.days_feasts import FEASTS as _F
from bot.extract.days_feasts import (
    islamic_new_year,
    jewish_day,
    mawlid,
    night_journey,
    night_of_power,
    ramadan,
)


def _easter(shift: int = 0) -> Days:
    return days.computed(lambda year: days.easter(year, shift))


def _orthodox(shift: int = 0) -> Days:
    return days.computed(lambda year: _orthodox_easter(year, shift))


def _orthodox_easter(year: int, shift: int) -> date | None:
    """Easter of the Julian calendar, in the civil one; from 1900 to 2099 (Meeus, ch. 8)."""
    if not 1900 <= year <= 2099:
        return None
    a, b, c = year % 4, year % 7, year % 19
    d = (19 * c + 15) % 30
    e = (2 * a + 4 * b - d + 34) % 7
    month, day = divmod(d + e + 114, 31)
    return date(year, month, day + 1) + timedelta(days=13 + shift)


_HANUKKAH = lengthened(shifted(_F["hanukkah"], -1), 8)
_NEW_YEAR_JEWS = lengthened(shifted(_F["rosh hashanah"], -1), 3)
_WEEKS = lengthened(shifted(_F["shavuot"], -1), 3)
_NINE_NIGHTS = lengthened(shifted(_F["dussehra"], -9), 10)
_LENT = lengthened(_easter(-46), 46)
_LUNAR_NEW_YEAR = days.lunar_day(1, 1)
_ZH: tuple[tuple[str, Days], ...] = (
    ("复活节|复活节星期日", _easter()), ("复活节星期一|复活节翌日", _easter(1)),
    ("主受难日|主受难节|沈默周五|沉默周五|圣周五|耶稣受难日|耶稣受难节|受难节|圣周星期五", _easter(-2)),
    ("神圣周六|神圣星期六|圣周六|主受难节翌日|复活节前夜|黑色星期六|耶稣受难日翌日", _easter(-1)),
    ("濯足节|神圣星期四|圣周星期四|设立圣餐日|圣周四", _easter(-3)),
    ("棕枝主日|圣枝主日|圣树主日|棕榈主日", _easter(-7)),
    ("五旬节|圣灵降临日|圣灵降临节", _easter(49)), ("圣灵节庆日", _easter(50)),
    ("耶稣升天节", _easter(39)), ("天主圣三一节|圣三主日|三一主日", _easter(56)),
    ("基督圣体节|基督圣体圣血瞻礼|圣体节", _easter(60)), ("圣灰星期三", _easter(-46)),
    ("大斋期|大斋节", _LENT),
    ("东正教复活节", _orthodox()), ("东正教复活节星期一", _orthodox(1)),
    ("东正教神圣周六|东正教圣周六|东正教神圣星期六", _orthodox(-1)),
    ("东正教耶稣受难日|东正教主受难节|东正教主受难日|东正教圣周五", _orthodox(-2)),
    ("东正教棕枝主日|东正教圣树主日|东正教圣枝主日", _orthodox(-7)),
    ("开斋节|尔代节|肉孜节", _F["eid al fitr"]), ("古尔邦|宰牲节|忠孝节", _F["eid al adha"]),
    ("阿舒拉节|阿舒拉日", _F["ashura"]), ("圣纪节", mawlid()), ("伊斯兰历新年|回历新年", islamic_new_year()),
    ("登霄节|登霄夜", night_journey()),
    ("法令之夜|权力之夜|盖德尔夜", night_of_power()),
    ("穆斯林斋月|斋月", ramadan()),
    ("排灯节|印度灯节|屠妖节", _F["diwali"]), ("霍利节", shifted(_F["holi"], -1)),
    ("洒红节|胡里节", _F["holi"]), ("九夜节|难近母节", _NINE_NIGHTS), ("凯旋节|十胜节", _F["dussehra"]),
    ("庞格尔节|印度丰收节", _F["pongal"]), ("庞格尔节第三天|印度丰收节第三天", shifted(_F["pongal"], 1)),
    ("庞格尔节第四天|印度丰收节第四天", shifted(_F["pongal"], 2)),
    ("逾越节", _F["passover"]), ("修殿节|献殿节|哈努卡节", _HANUKKAH), ("犹太新年", _NEW_YEAR_JEWS),
    ("七七节|沙夫幼特节|收获节|新果实节", _WEEKS), ("赎罪日", _F["yom kippur"]), ("普珥节", _F["purim"]),
    ("诵经节|转经节|律法节", _F["simchat torah"]), ("圣殿被毁日|禁食日", jewish_day(112)),
    ("犹太植树节|图比舍巴特节|树木新年", jewish_day(-59)),
    ("圣瓦伦丁节", days.calendar_day(2, 14)),
    ("国际消费者权益日|消费者权益日|三一五", days.calendar_day(3, 15)),
    ("澳门回归纪念日", days.calendar_day(12, 20)), ("香港回归纪念日", days.calendar_day(7, 1)),
    ("老板节", days.calendar_day(10, 16)), ("农历新年|新春|正月朔日", _LUNAR_NEW_YEAR),
)  # fmt: skip
_EN: tuple[tuple[str, Days], ...] = (
    ("pentecost|whit sunday|white sunday", _easter(49)), ("whit monday|monday of the holy spirit",
     _easter(50)),
    ("ascension day", _easter(39)), ("ash wednesday", _easter(-46)),
     ("shrove tuesday|pancake day|mardi gras", _easter(-47)),
    ("maundy thursday|covenant thursday|sheer thursday|holy thursday", _easter(-3)),
     ("holy saturday|black saturday", _easter(-1)),
    ("trinity sunday", _easter(56)), ("corpus christi", _easter(60)), ("easter mon", _easter(1)), ("lent",
     _LENT),
    ("orthodox easter|greek easter", _orthodox()), ("orthodox easter monday", _orthodox(1)),
    ("orthodox good friday|orthodox great friday", _orthodox(-2)), ("clean monday|orthodox shrove monday",
     _orthodox(-48)),
    ("lazarus saturday", _orthodox(-8)), ("great fast", lengthened(_orthodox(-48), 40)),
     ("orthodox palm sunday", _orthodox(-7)),
    ("hanukkah|chanukah|hanukah|hannukkah|hannukah", _HANUKKAH), ("rosh hashanah|rosh hashana|yom teruah",
     _NEW_YEAR_JEWS),
    ("shavuot|feast of the ingathering|shavuos", _WEEKS),
     ("succos|sukkot|feast of booths|feast of tabernacles",
     lengthened(shifted(_F["sukkot"], -1), 9)), ("simchat torah", shifted(_F["simchat torah"], -1)),
    ("tu bishvat|tu bshevat", jewish_day(-59)), ("tisha bav|tisha b'av", jewish_day(112)),
    ("ramadan|ramzan|ramadhan", ramadan()), ("islamic new year|hijri new year|amun jadid",
     islamic_new_year()),
    ("isra and mi'raj|ascension to heaven|the night journey|shab-e-meraj", night_journey()),
    ("laylat al-qadr|laylat al kadr|night of measures|night of power|shab-e-qadr", night_of_power()),
    ("bakr id|id ul-adha|sacrifice feast|eid al-adha", _F["eid al adha"]),
     ("mawlid|the prophet's birthday", mawlid()),
    ("navaratri|navratri|durga puja", _NINE_NIGHTS), ("lakshmi puja", _F["diwali"]),
    ("kaanum pongal|kanni pongal", shifted(_F["pongal"], 2)), ("mattu pongal", shifted(_F["pongal"], 1)),
    ("saint patrick's day|saint paddy's day", days.calendar_day(3, 17)), ("boss day|boss's day",
     days.calendar_day(10, 16)),
    ("st valentine's day|valentine's", days.calendar_day(2, 14)), ("groundhog day|groundhogs day",
     days.calendar_day(2, 2)),
    ("civil rights day|martin luther king day", days.computed(lambda y: days.nth_weekday(y, 1, 0, 3))),
    ("chinese lunar new year's day|chinese lunar new year|chinese new year's day", _LUNAR_NEW_YEAR),
    ("all saints' day|all saints day", days.calendar_day(11, 1)), ("epiphany", days.calendar_day(1, 6)),
    ("earth day", days.calendar_day(4, 22)), ("women's day", days.calendar_day(3, 8)), ("nurses day",
     days.calendar_day(5, 12)),
    ("workers day|workers' day|labour day", days.calendar_day(5, 1)), ("cinco de mayo",
     days.calendar_day(5, 5)),
    ("gandhi jayanti", days.calendar_day(10, 2)), ("republic day", days.calendar_day(1, 26)),
)  # fmt: skip
ZH: dict[str, Days] = {name: feast for names, feast in _ZH for name in names.split("|")}
EN: dict[str, Days] = {**_F, **{name: feast for names, feast in _EN for name in names.split("|")}}
