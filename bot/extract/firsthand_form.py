"""Signs of how a post is built: one child or children at large, what lies ahead, figures, datelines, tone.

Beside the signs of firsthand_signs.py, by the same rules: bounded patterns, no nested repetition, no weights.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

_CHILD_EN = (
    r"(?:boy|girl|kid|child|lad|lass(?:ie)?|toddler|baby|babby|bairn|wean|bach[ach]{1,2}[aei]|pikin|budak|"
    r"bata|mtoto|"
    r"laaitie|umfana|chokora|infant|teen|schoolgirl|schoolboy|little one|fella|siblings|sisters|brothers|"
    r"twins)"
)
_CHILD_ZH = r"(?:孩|娃|丫头|姑娘|[男女]童|细路|小子|伢|崽|弟弟|妹妹|囡|婴儿|[男女]生|闺女|小朋友)"
_TELLER_EN = (
    r"(?:mum|mom|mam|ma|maw|mother|dad|da|father|papa|ammi|abbu|nan|gran(?:ny|ma|dma|dad|pa)?|nanay|lola|"
    r"tita|aunt(?:ie|y)?|uncle|"
    r"cousin|sis(?:ter)?|bro(?:ther)?|mil|wife|husband|hubby|fianc[eé]e?|partner|bf|gf|boyfriend|"
    r"girlfriend|friends?|mate|pal|"
    r"dost|bestie|neighbou?r|(?:room|flat|house|work)mate|co-?worker|colleague|boss|driver|uber|maid|"
    r"gateman|guard|barber|"
    r"teacher|student|customer|client|landlady|follower|nurse|niece|nephew|son|daughter|kid's teacher)"
)
_TELLER_ZH = (
    r"(?:老?[妈爸舅姨姑叔婶姐哥爹娘]|老婆|老公|奶奶|爷爷|姥姥|外婆|婆婆|公公|大爷|大姐|阿[媽妈嬤爸母]|"
    r"同[事学]|室友|闺蜜|邻居|"
    r"朋友|师傅|老师|护士|老板|粉丝|网友|群友|表[哥姐弟妹]|司机|保安|媳妇)"
)
_OWN_CHILD = (
    r"(?:kids?|son|daughter|toddler|baby|boys?|girls?|children|niece|nephew|moko|eldest|youngest|"
    r"little one|grandson|"
    r"granddaughter|twins|lad|students?|class|pupils|(?:\d{1,2}|two|three|four|five|six|seven|eight|nine|"
    r"ten) ?"
    r"(?:yo|yr|year|month)\b)"
)
FORM: dict[str, str] = {
    "a child": rf"\b(?:an?|one|two|three|four|some|[2-6]|this|that|the|another|lil|little|wee|small|tiny|"
    rf"young)\s"
    rf"(?:(?!(?:my|our|their|your)\b)[a-z'-]{{2,14}}\s){{0,3}}?{_CHILD_EN}s?\b|"
    rf"(?:[一两三俩仨个名位有那这只]|\d)[^,。!?]{{0,8}}?{_CHILD_ZH}",
    "child first": rf"^(?:[^.!?,]{{0,14}}\s)?{_CHILD_EN}\b|^[^,。!?]{{0,10}}{_CHILD_ZH}",
    "my child": rf"\b(?:my|our|mine)\s(?:[a-z'-]{{2,12}}\s){{0,2}}?{_OWN_CHILD}|\bmy (?:two|lot|three)\b|"
    r"(?:我们?家?|自[家己]|带|屋企|哄|送)的?(?:那个?|小)?(?:娃|儿子|女儿|闺女|孩子|崽|老[大二]|宝宝?|外甥|"
    r"侄|囝|个[仔女]|细路|妹妹上)",
    "at large": r"\b(?:all|every|these|those|street|many|most|hungry|the|our|more|of|for|to|"
    r"about)\s(?:kids|children|babies|minors|"
    r"pupils|boys and girls)\b|孩子们|每一?个孩子|所有孩子|天下|娃们|小朋友们|流浪儿童|留守",
    "ahead": r"\b(?:tomorrow|tmrw|tmw|next (?:week|month|year|mon|tue|wed|thu|fri|sat|sun)\w*|opens?|"
    r"starts?|till|register|"
    r"join|come (?:along|and|down|support)|volunteers?|tickets?|donat\w+|fundrais\w+|proceeds|dm me|"
    r"hiring|for sale|"
    r"sign up|free (?:entry|camp|event)|who'?s (?:in|going)|meet ?up|see you|rsvp|vacancy|anyone selling)\b|"
    r"明[天早晚日]|下[周个]月?|即将|报名|招募|欢迎|转让|出售|包邮|免费|限[十\d]|直播|截止|求推荐|推荐|"
    r"名额|敬请",
    "i was": r"\bi was (?:\w{1,10} ){0,2}?(?:five|six|seven|eight|nine|ten|eleven|twelve|a kid|a child|"
    r"left|taken|adopted|born)\b|"
    r"\bgrew up\b|\byears? (?:on|since|later)\b|\bi am the (?:boy|girl)\b|\bnever forgot|"
    r"我(?:也)?(?:是)?(?:当年|小时候|[一二三四五六七八九十\d]{1,2}岁(?:那|时|的时))|那年(?:我|冬)|"
    r"[一二三四五六七八九十\d]{1,3}年[前了后]|"
    r"[八九][几\d一二三四五六七八九]年|我找到(?:我|妈|亲)|亲妈",
    "reply": r"^@\w|^回复|^to (?:all|every|the (?:person|lady|man|people|\d))|\breplying\b|"
    r"\bmy (?:replies|dms?|mentions)\b|\bof you asking\b|别私信",
    "figures": r"\b\d{2,7}(?:,\d{3}){0,3}\+? (?:[a-z]{3,12} ){0,2}(?:children|kids|minors|pupils|families|"
    r"people|ppl|victims|babies)\b|"
    r"\b\d{1,7}(?:\.\d{1,4})? ?(?:per ?cent|%|million|m\b)|\b(?:one|two) in (?:four|five|six|ten|\w+)\b|"
    r"(?<!\d)\d{2,7}[余多]?(?:名|人|条|张|起|万|位)|[二三四五六七八九]?十[余多几]?[名人起余]|"
    r"[一二三四五六七八九]成|人次|万",
    "press tail": r"[\[(](?:[A-Z]{2,6}|[A-Z][a-z]+)[\])]\.?$|- ?(?:spokes|official|local|police|report)\w*|"
    r",? (?:residents|police|officials|witnesses|sources?|survey|report|study|cops|authorities|charity|"
    r"charities) "
    r"(?:says?|said|find|call)\b|\bsays (?:survey|report|study|police|minister|charity|child)|"
    r"\bin a statement\b|"
    r"\baccording to\b|\b(?:govt|government|ministry|high court|commission|department|agency|bureau|"
    r"task force)\b|"
    r"据(?:了解|悉|介绍|统计|报道)|经查|有关(?:部门|负责人)|表示|指出|呼吁|通报|获悉",
    "dateline": r"^[A-Z][A-Za-z .]{2,18}(?::| -| \|) |^(?:breaking|just in|watch|report|headlines|"
    r"correction)\b|"
    r"^[^,。:]{0,10}(?:讯|电|消息|快讯)|\d+[月日](?:讯|电|消息)|^[^,。]{0,4}(?:本台|日前|近日|昨日,|外媒|"
    r"港闻|\(?记者)|^[〔(【\[]?(?:即时|快讯|突发)|^[^,。:]{2,10}(?:新闻|日报|晚报|电视台|融媒)",
    "was done": r"\b(?:was|were|been|be|are|have|had|has) (?:charged|arrested|rescued|reunited|held|"
    r"jailed|freed|identified|remanded|"
    r"sentenced|recovered|evacuated|convicted)\b|\b(?:arrests?|rescues?|rescued|busts?|clears?|probes?|"
    r"ordered|charges) \d*|"
    r"被(?:抓|捕|刑拘|拘留|判|解救|救助|劝|控)|劝(?:返|离|导)|采血|联合|开展|打掉|捣毁|启动",
    "dress": r"(?:穿|戴|披|裹)着?[^,。!?]{1,8}(?:衣|服|袄|裤|鞋|帽|外套|裙|衫)|\b(?:red|blue|green|yellow|"
    r"pink|white|black|grey|"
    r"gray|orange|purple|dirty|torn|ripped|oversized) (?:[a-z-]{2,10} )?(?:shirt|t-?shirt|tee|hoodie|"
    r"jacket|coat|dress|"
    r"frock|jumper|cap|hat|shorts|trousers|top|jersey|vest|pyjamas|leggings|wellies|kurta|sweater|uniform|"
    r"cardy)\b",
    "hurt": r"伤|疤|断了|瘸|残|肿|烫|冻|流血|纱布|淤青|针眼|豁|瞎|哑|拖着腿|\b(?:bruis|burn|scar|limp|"
    r"bandag|wound|swollen|bleed|"
    r"blister|cough|shiver|crutch|one arm|one leg|black eye|stump|rope|tied|chained|pinch|slap|hit)\w*",
    "got help": r"报(?:了)?警|打了?110|派出所|\b(?:called|rang|phoned|told|informed|radioed|reported|"
    r"ringing|call)\b[^.!?]{0,25}?"
    r"(?:police|cops|911|999|101|security|guards?|1098|1122|childline|station|helpline|it in|driver)\b",
    "laugh": r"哈哈|笑死|笑cry|doge|乐疯|救命啊|😂|🤣|💀|😅|🤦|🤡|\b(?:lol|lmao|haha\w*|ffs|tbh|smh|"
    r"legend|adorable|cutest|iconic)\b|"
    r"main character|send help|pray for me",
    "sorrow": r"祈祷|默哀|平安|集气|祈福|泪目|挺住|\b(?:prayers?|praying|rip|heartbroken|no words|candle|"
    r"vigil|hug your)\b|🕯",
    "kin opens": rf"^[^.!?\n]{{0,24}}?\b(?:my|our|ma|me|mere|meri|mi|mga|a|"
    rf"this)\s(?:[a-z'-]{{2,12}}\s){{0,2}}?{_TELLER_EN}\b|"
    rf"^\W{{0,3}}{_TELLER_EN}\b|\bour (?-i:[A-Z][a-z]{{2,9}}) (?:on|saw|was|works|reckons|says|seen)\b|"
    rf"^[^,。!?]{{0,6}}?(?:俺|我|咱|替|代|帮|有个?)?们?[家的]?(?:一位)?[^,。!?]{{0,4}}?{_TELLER_ZH}",
    "they say": r"\b(?:she|he|they|mum|mom|dad|uncle)(?:'s)? (?:says?|said|say|saw|seen|reckons|gave|told|"
    r"found|rang|sent|took|heard|noticed|"
    r"asked me|swears|thinks|wants|bought|doesn'?t (?:tweet|do|have)|won'?t)\b|\bno (?:socials|twitter|"
    r"name)\b|"
    r"[他她](?:说|讲|亲眼|看[到见]|拍[的到]|发|转|不会|没微博|不识字|叫我|让我)|(?:叫|让|托)我(?:发|写|问|"
    r"报|转|帮)",
    "colon said": r"(?:说|讲|道|语音|原话|来稿|writes?|says?|said|msg|text(?:ed)?|bheja|sends this|"
    r"told me this)\s?[:,]\s?[\"“「『'‘]?",
    "hearsay": r"据说|听说|传言|网传|\b(?:reckons|apparently|daw|kononnya|someone said|supposedly|"
    r"reportedly|allegedly|swears|"
    r"rumou?r|told me|heard from|trust me)\b",
    "doubt": r"谣|不实|没这回事|别[再]?[转传]|假的|真假|查证|\b(?:fake|hoax|debunk\w*|stop (?:sharing|"
    r"sending|forwarding)|"
    r"don'?t (?:share|pass)|is from (?:19|20)\d\d|source\?|no date|not real|doesn'?t exist|does not exist|"
    r"lies|nonsense|cerita lama)\b",
    "forward": r"\b(?:send|forward|share|tuma|sebar\w*|kongsi|sambaza|pasa(?:han)?|copy (?:n|and|"
    r"&)? ?paste|repost|rt rt|viral)\b|"
    r"转(?:需|起|到|给|发|了|扩)|扩散|收到就",
    "found child": r"\b(?:found child|child found|boy found|is (?:now )?(?:at|with) (?:the )?(?:police|"
    r"station|thana|reception|tent)|parents "
    r"(?:come|please)|relatives of|recognise (?:this|her|him))\b|认领|招领|亲属|家属|我站|我院|现有一名|寻家",
    "seeking": r"\b(?:missing|last seen|help (?:us )?find|looking for (?:my|our|his|her|[A-Z])|trace|"
    r"tracing|any sightings|went missing|"
    r"nawawala|hilang|amepotea|gum ho gaya|dicari|birth mother|reward|may be in|might be in|concerned for)\b|"
    r"寻[人子女亲家找]|走失|失联|未归|悬赏|等你|找(?:儿子|女儿|弟弟|妹妹|妈妈)|协查",
    "contact at": r"\b0{2,9}[\d -]{0,20}|\bcall(?: (?:mum|mom|dad|ibu|police))? \+?\d|\btel\b|\bcontact\b|"
    r"\bhubungi\b|\btawagan\b|\bpiga\b|联系(?:人|电话|方式)?|"
    r"电话",
    "film": r"\b(?:documentary|play|novel|film|movie|series|shoot(?:ing)?|extras|episode|exhibition|"
    r"museum|thesis|blog|story ?time|"
    r"netflix|prize|song|band|show|dissertation|concert|festival float)\b|电影|书里|剧照|拍戏|演出|乐队|"
    r"讲座|论文|新闻看",
    "rhetoric": r"\b(?:why (?:do|does|is|are|r|do i)|how (?:do|can|many)|what kind of|shame on|"
    r"unpopular opinion|rant|psa|reminder|"
    r"imagine|serious question|hands up|if i had|should (?:we|i))\b|为什么|凭什么|到底|说句|建议|科普|"
    r"请教|想问|有没有(?:妈|懂|了解|会)|该不该",
    "ends asking": r"[?吗呢]\W{0,3}$",
    "narrator": r"^(?:i|i'm|im|ive|saw|seen|just|was|passed|walked|gave|on my|so|ok)\b|^(?:我|刚|今|昨|"
    r"路过|看到|碰到|下班|上班)",
}
"""Patterns by name; one of them is enough for its sign."""
NAMES = ("kin tells", "scene", "scene dated", "scene bare", "other talk", "long", "brief", "half quoted")


def form_of(found: Mapping[str, str], text: str, groups: Container[str]) -> list[str]:
    """Signs that follow from others: a scene told plainly, talk of something else, length.

    `groups` are the signs of press, rumours, searches and other talk together.
    """
    shown = []
    scene = ("a child" in found or "age" in found) and found.keys() & {"begging", "acts", "hurt", "dress"}
    strange = any(name in groups for name in found)
    if scene:
        shown.append("scene")
        if found.keys() & {"clock", "near day", "time"}:
            shown.append("scene dated")
        if not strange:
            shown.append("scene bare")
    elif strange or found.keys() & {"my child", "ahead", "i was", "film", "laugh", "rhetoric"}:
        shown.append("other talk")
    if len(text) > 180:
        shown.append("long")
    elif len(text) < 40:
        shown.append("brief")
    if "kin opens" in found and found.keys() & {"they say", "kin says", "kin says en", "colon said"}:
        shown.append("kin tells")
    if _quoted(text) * 2 > len(text):
        shown.append("half quoted")
    return shown


def _quoted(text: str) -> int:
    """Characters between the first opening and the last closing mark of quotation."""
    start = min((at for mark in '“「『"' if (at := text.find(mark)) >= 0), default=-1)
    end = max(text.rfind(mark) for mark in '”」』"')
    return end - start if 0 <= start < end else 0
