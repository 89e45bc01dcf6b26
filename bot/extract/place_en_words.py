"""Words by which English posts name places: kinds of roads, stations, landmarks; chains; short names.

Tables only, and how they are matched to the words of a text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_ROADS = (
    "street str st avenue ave av road rd boulevard blvd lane ln drive dr way highway hwy parkway "
    "pkwy terrace row walk alley marg soi expressway bypass roundabout jalan jln close crescent "
    "freeway motorway fwy pike turnpike rte cres sq quay quays"
)
_STATIONS = (
    "station stn metro mrt lrt bart mtr tube subway terminal terminus airport isbt stage stop stand "
    "rank interchange park train bus railway rly ferry jetty wharf dlr luas skytrain jn jct hbf "
    "stesen"
)
_LANDMARKS = (
    "market mall bridge church mosque masjid temple mandir cathedral hospital school university "
    "college hotel plaza square center centre ctr tower towers museum library stadium beach pier "
    "palace mahal fort garden gardens ghat chowk gate circus circle junction flyover bazaar bazar "
    "souk arcade galleria place green common cross memorial zoo hall house complex underpass exit "
    "entrance signal crossing store shop supermarket pub cafe clinic court fountain estate village "
    "footbridge overpass dargah gurdwara palengke pasar camp colony nagar sector heights marina dock "
    "docks seafront rotunda statue casino theatre robot robots light lights"
)
KINDS = {
    word: kind
    for kind, words in (("lm", _LANDMARKS), ("st", _STATIONS), ("rd", _ROADS))
    for word in words.split()
}
"""A word (small letters) → of what kind a place is that ends in it: road, station, landmark."""

_CHAINS = (
    "walmart,tesco,aldi,lidl,boots,greggs,mcdonald,mcdonalds,mc donalds,maccas,maccies,mcdo,mickey d,"
    "kfc,burger king,starbucks,subway,7-eleven,7 eleven,7-11,711,target,costco,kroger,cvs,walgreens,"
    "rite aid,asda,sainsbury,sainsburys,morrisons,waitrose,co-op,coop,spar,java house,jollibee,"
    "chowking,mang inasal,primark,wilko,b & m,poundland,ikea,costa,carrefour,big c,whole foods,"
    "trader joe,trader joes,dunkin,dunkins,wawa,sheetz,quiktrip,quik trip,qt,kwik trip,circle k,"
    "speedway,chevron,shell,exxon,texaco,engen,sasol,total,coles,woolies,woolworths,kmart,bunnings,"
    "iga,hungry jack,hungry jacks,tim hortons,tim horton,timmies,shoppers,loblaws,no frills,winco,"
    "safeway,publix,meijer,heb,h-e-b,food lion,dollar general,dollar tree,family dollar,home depot,"
    "lowes,lowe,best buy,waffle house,ihop,denny,dennys,wendy,wendys,taco bell,chick-fil-a,"
    "chick fil a,popeyes,wetherspoon,wetherspoons,waterstones,savers,shoprite,pick n pay,checkers,"
    "steers,nando,nandos,naivas,quickmart,tuskys,oando,chicken republic,domino,dominos,pizza hut,sm,"
    "robinsons,puregold,mercury drug,fairprice,giant,ntuc,guardian,mydin,petronas,petron,indomaret,"
    "alfamart,big bazaar,dmart,d-mart,reliance fresh,cafe coffee day,haldiram,haldirams,saravana,"
    "spencers,spencer,chase,barclays,hsbc,natwest,lloyds,sbi,hdfc,icici,first bank,gtbank,atm,"
    "post office,edeka,rewe,centra,supervalu,dunnes,supermac,supermacs,eddie rockets,ica,bp,garanti,"
    "new world,countdown,warehouse"
)
_NICKNAMES = (
    "NOLA KC SF LA NYC DC ATL PDX SLC OKC JB KL KK PJ HK SG JHB CPT PE PMB CDO QC GenSan FSD LHR KHI "
    "ISB BLR HYD CCU PH ABJ"
)
_CASUAL = (
    "vegas philly frisco brum pindi joburg jozi mtl yyc yeg gapo vizag bloem naarm brissie brisvegas "
    "melb syd cali blore ggn trivandrum calcutta bombay madras pompey soton notts donny manc mcr edi "
    "glesga dub sando naija eko phc"
)
NICKNAMES = frozenset(_NICKNAMES.split())
CASUAL_NICKNAMES = frozenset(_CASUAL.split())

_BY_FIRST: dict[str, list[tuple[str, ...]]] = {}
for _chain in _CHAINS.split(","):
    _words = tuple(re.split(" ", _chain))
    _BY_FIRST.setdefault(_words[0], []).append(_words)
for _options in _BY_FIRST.values():
    _options.sort(key=len, reverse=True)
_POSSESSIVE = {"'", "’"}


def chains(words: Sequence[str], written: Sequence[str]) -> list[str]:
    """For each word its part in the name of a chain ("c…") or of a city's short name ("n…"), or "".

    `words` are in small letters, `written` as the text has them.
    """
    found = [""] * len(words)
    for at, word in enumerate(words):
        if written[at] in NICKNAMES or word in CASUAL_NICKNAMES:
            found[at] = "nBE"
        for name in _BY_FIRST.get(word, ()):
            size = len(name)
            if size > 1 and tuple(words[at : at + size]) != name:
                continue
            if at + size + 1 < len(words) and words[at + size] in _POSSESSIVE and words[at + size + 1] == "s":
                size += 2
            for part in range(size):
                found[at + part] = "c" + ("I" if part else "B") + ("E" if part == size - 1 else "")
            break
    return found
