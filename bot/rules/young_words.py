"""The words by which a minor, or the child in question, speaks of themself in Chinese and English. Pure.

Patterns alone; bot/rules/young.py reads with them. Every repetition is bounded.
"""

from __future__ import annotations

import regex

_TRADITIONAL = (
    "歲國這個裡圖賣尋讀級學過們還剛滿現張說媽兒發點時間會當從歸圍臺為樣頁報導帶長開後張視頻孫畢業師"
)
_SIMPLIFIED = "岁国这个里图卖寻读级学过们还刚满现张说妈儿发点时间会当从归围台为样页报导带长开后张视频孙毕业师"
FOLD = str.maketrans(
    _TRADITIONAL + "‘’＇`０１２３４５６７８９",
    _SIMPLIFIED + "''''0123456789",
)

QUOTED = regex.compile(
    r"(?:说|道|问|喊|答|写着|告诉[^,，。]{1,4}|said|says|saying|told \w{1,12}|goes|asked|wrote|reads?|sign)"
    r"\s{0,2}[：:,，]?\s{0,2}(?:“[^”]{0,300}”|\"[^\"]{0,300}\"|「[^」]{0,300}」|『[^』]{0,300}』)"
)

# ── Chinese ──────────────────────────────────────────────────────────────────────────────────────

_I = r"(?<!他说)(?<!她说)(?<!告诉)(?:我|本人|俺|人家|楼主)"
_NUM = r"(?:(?<!\d)(?:[3-9]|1[0-7])(?!\d)|(?<![十百])(?:十[一二三四五六七]?|[三四五六七八九])(?![十百]))"
_ADV = (
    r"(?:自己|今年|现在|目前|刚好|正好|大概|才|只有|只|刚刚|刚|已经|马上|也|就|是|还|虚岁|周岁|快"
    r"要|快|都|其实|满|要|了|[,，\s])"
)
_KIN = r"(?:女儿|儿子|孩子|家长|妈|爸|父|母|弟|妹|侄|孙|外甥|学生家)"
_PUPIL = r"(?:小|初中|高中|中|国中|国小|高职|中专)(?:学)?生"
_GRADE = (
    r"(?:(?:小学|初中|高中|中学|国中|国小)?(?:[一二三四五六七八九]|(?<!\d)[1-9])年级"
    r"|初[一二三]|高[一二三]|国[一二三](?=[,，。\s了学生]))"
)
_DOING = (
    r"(?:今年|现在|目前|这个?学期|下学期|才|刚刚|刚|也|还|正|就|是|在|读|上|念|就读于|一个|一名|个"
    r"|名|只是|马上|要|升|开学|的是|[,，\s])"
)
_PAST = (
    r"(?!的|老师|教师|班主任|同学|毕业|教室|门口|教学楼|宿舍|那|时|以前|之前|家长|后|就|班|级|部|"
    r"段|办公|补习|学历|没毕|辍学)"
)
# 初一 to 初三 are also days of the lunar month: alone they only count where a clause ends behind them.
_NO_FEAST = r"(?<!(?:我|[,，\s])初[一二三](?=[^,，。!！~～\s在学放课]))(?!新生报到)(?!\s?[（(]农历)"

_AGE_ZH = (
    rf"(?:我|本人)[,，]?(?:女|男|女生|男生|学生|属.的?|是学生)[,，\s]?(?:今年)?{_NUM}\s?周?岁(?![^,"
    rf"，。]{{0,2}}的)",
    rf"{_I}{_ADV}{{0,5}}{_NUM}\s?周?岁(?:半|多)?+(?:了|啦|呢|哦)?+(?!那|时|的|以前|前|之前|就|起|开"
    rf"始|后|被|女儿|儿子)",
    rf"(?:{_I}(?:只|也|就|还)?是|作为|身为)(?:一个|一名|个|名)?{_NUM}\s?周?岁的?"
    r"(?:小|女|男|初中|高中|中|大)?(?:学生|女生|男生|生|女孩|男孩|孩子|小孩|人|少年|少女)(?!的|家长|妈|父)",
    rf"{_I}[^,，。!！\n]{{0,4}}(?:没|未|不)(?:满|到|有)\s?(?:1[0-8]|十[一二三四五六七八])(?!\d|分|"
    rf"点|米|公里|年|天|个|块|元)",
    rf"{_I}(?:马上|就|才|明年|下个?月|今年底)?(?:才|就)?(?:快(?:要|满|到)?|明年才?就?(?:满)?)\s?(?:"
    rf"18|十八)(?!\d)\s?岁?",
    rf"{_I}(?:是\d\d后|是个?学生)?(?:今年|现在|才|刚满|刚|也|就|都|是){{0,4}}\s?1[0-7](?=\s?(?:[,，"
    rf"。!！~～]|$|了|啦))",
    rf"{_I}(?:是\d\d后|是个?学生)?(?:今年|现在|才|刚满){{1,3}}十[一二三四五六七](?=[,，。!！~～]|$|了|啦)",
    rf"^\s?{_NUM}\s?周?岁了?[,，。](?=[^\n]{{0,40}}我)(?![^,，。]{{0,6}}(?:男|女|走失|身高|失踪|丢|"
    rf"他|她|孩))",
    r"(?:^|[,，。!！])\s?(?:本)?未成年人?(?:一枚|一个|路过|飘过)",
    rf"{_I}(?:还|也|只|仍然?)?是?(?:个|一个|一名)?未成年(?!的?{_KIN})(?!的?保护)(?!的?子女)",
)
_GRADE_ZH = (
    rf"{_I}(?:只|也|就)?是(?:一个|一名|个|名)?(?:普通|平凡)?的?{_GRADE}的?(?:女生|男生|学生|党)(?!的|家)",
    rf"我[跟和]我?(?:妹妹|弟弟|哥哥|姐姐|同学|朋友)都(?:是|还是){_PUPIL}(?!的)",
    rf"{_I}{_DOING}{{0,6}}{_GRADE}(?:学生|生)?+(?:了|啦)?+{_PAST}{_NO_FEAST}",
    rf"我们{_GRADE}(?:放学|下课|军训|考试|的?作业|晚自习)",
    rf"{_I}(?:还|只|也|就)?是(?:一个|一名|个|名)?{_PUPIL}(?!的|家|老|活)",
    rf"(?:作为|身为)(?:一个|一名|个|名)?(?:{_PUPIL}|{_GRADE}学?生)(?!的?{_KIN})(?!的?老师)",
    rf"{_I}(?:现在|目前|还|正|才)?(?:在|刚)(?:上|读|念)(?:小学|初中|高中|中学|国中|国小){_PAST}",
    rf"{_I}(?:现在|目前|还|才)?(?:上|读|念)(?:小学|初中|高中|国中|国小)(?=[,，。!！~～]|$|呢|啊)",
    rf"{_I}(?:还是学生|是学生|还在上学|也|马上|就要|[,，]){{0,4}}今年(?:要|就要)?(?:中考|高考)(?!的"
    rf"|监考|结束|出题|阅卷|志愿者)",
    rf"(?:{_GRADE}|{_NUM}\s?岁)的我(?!们|的|家|弟|妹|儿|女|侄|孩|妈|爸)",
)

_KID = (
    r"(?:乞讨的)?(?:小孩子|孩子|小孩|小女孩|小男孩|女孩子?|男孩子?|儿童|宝宝|宝贝|婴儿|小朋友|小姑"
    r"娘|姑娘|小伙子?"
    r"|受害者|受害人|女童|男童|幼童|人|女生|男生|少年|少女)"
)
_PICTURE = r"(?:照片|相片|图片|图|画面|视频|海报|寻人启事|启事|帖子|新闻|报道)"
_IS = r"(?:就|真的|应该|好像|可能|其实|确实|不就|[,，\s]){0,3}是(?:我|本人)"
_ME = (
    r"(?:本人|自己)?+(?!的|们|家|儿|女|弟|妹|侄|邻|同|朋|姐|哥|老|表|堂|昨|今|前|在|刚|拍|看|见|学"
    r"|小区|孙|外|爱|想|认"
    r"|上|带|亲|爸|妈|妻|丈|资助|帮|救|遇|村|孩)"
)
_LOST = r"(?:被(?:人)?(?:拐(?:卖|走)?|卖掉?|偷走?|抱走)|走失|失踪|失散|走丢|丢失|丢)(?:了)?+"
_TAKEN = r"(?:拐(?!杖|弯|角|棍)|卖(?!萌|家|关|东西|保险|惨)|抱走|偷走)"

_SELF_ZH = (
    rf"{_PICTURE}(?:里面|上面|里|上|中)的?(?:那个|这个|那位)?(?:{_LOST}的?)?{_KID}?{_IS}{_ME}",
    rf"(?:这|那)(?:个|位|名)?(?:{_LOST}的?)?{_KID}{_IS}{_ME}",
    r"这(?:就|真的|好像|不就|应该)?是(?:我|本人)(?:本人|自己)?(?:啊|呀|吧|[,，。!！?？~～…]|\s*$)",
    r"[这那](?:就|真的|好像|不就|应该)?是(?:小时候的我|我小时候)(?:的照片)?+(?!的|住|去|玩|上|生活"
    r"|常|见|和|跟|家)",
    rf"(?:我|本人)(?:就|真的|应该|好像|可能|其实){{0,2}}是(?:那个|这个|当年|多年前|从小|一个|一名){{0,3}}"
    rf"{_LOST}(?:的)?+(?:那个)?+{_KID}?+(?!的|家|之|案|者|救|志愿|信息|寻)",
    rf"(?:我|本人)(?:就|真的|应该|好像|可能)?是(?:那个|这个|当年)?{_PICTURE}(?:里面|上面|里|上|中)的?"
    rf"(?:那个|这个)?{_KID}+(?!的)",
    rf"我(?:小时候|从小|当年|以前|[^,，。\s]{{1,4}}岁(?:时|那年|的时候)?)?(?:就|也)?(?:是)?被(?:人"
    rf"贩子|人|他们)?(?:给)?"
    rf"{_TAKEN}(?!过来的人|.{{0,4}}的(?:妈|父|母)|(?:卖|走)?的?{_KID}(?:的|家|者))",
    rf"(?:我|本人)(?:就|真的|应该|好像|可能|其实){{0,2}}是[这那]个(?:{_LOST}的?)?(?:小)?(?:孩子?|女"
    rf"孩|男孩|宝宝|婴儿|儿童)"
    rf"(?!的|老师|妈|爸|邻|家|子的)",
    r"我(?:是|就是)?被(?:人贩子|坏人|养父母)(?:带走|买来?|买走|抢走)(?!的(?:孩子|儿童|人|女孩|男孩))",
    rf"你们(?:的)?{_PICTURE}(?:里面|上面|里|上|中)?(?:印|贴|写|拍|画|放)的(?:那个)?{_KID}?{_IS}{_ME}",
    rf"你们(?:发|贴|转发|转)的(?:那个|这个)?(?:{_KID}|照片){_IS}{_ME}",
    rf"你们(?:要|在|正在|一直|一直在)?(?:找|寻找)的(?:那个)?{_KID}?{_IS}{_ME}",
    r"(?:我|本人)(?:就|应该|可能)?是你们(?:要|在|正在|一直)?(?:找|寻找)的",
)

# ── English ──────────────────────────────────────────────────────────────────────────────────────

_IM = (
    r"(?<!like )(?<!as if )(?<!if )(?<!when )(?<!thinks? )(?<!thought )(?<!says )(?<!said )(?<!wish )"
    r"\b(?:i'?m|i am)"
)
_ONLY = (
    r"(?:\s(?:only|just|still|actually|currently|literally|like|also|about|almost|nearly|a|an|now)"
    r"){0,3}"
)
_TEEN = r"(?:[5-9]|1[0-7]|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen)"
_OLD = r"(?:[\s-]?(?:years?|yrs?)[\s-]?old|[\s-]?y/?o\b|[\s-]?yrs?\b)"
_END = (
    r"(?=(?:\sand a half\b(?! (?:hour|mile|block|year|month|week|minute|feet|foot|km|stop)))?+(?:"
    r"\s*$|\s*[.!?;)\n~]\s|\s*[.!?;)~]*$|,|\s*[-—–]\s|\s*[^\p{L}\p{N}\s.:%'/\"$€£-]"
    r"|\s(?:and|but|so|or|btw|rn|now|too|lol|pls|please|this|i|my|from|f|m|female|male|idk|tbh|lma"
    r"o|haha|turning|going on)\b(?! a half)))"
)
_NTH = r"(?:the\s)?(?:(?:[1-9]|1[0-2])(?:st|nd|rd|th)|(?:four|fif|six|seven|eigh|nin|ten|eleven|twelf)th)"
_HIGH = (
    r"(?:high[\s-]?school|hs|middle[\s-]?school|elementary(?:[\s-]school)?|primary[\s-]?school|sec"
    r"ondary[\s-]?school)"
)
_NOT_STAFF = (
    r"(?!\s?(?:teacher|coach|principal|counsell?or|nurse|librarian|parent|mom|mum"
    r"|dad|reunion|staff|class of))"
)

_AGE_EN = (
    rf"{_IM}{_ONLY}\s{_TEEN}(?:{_OLD})?{_END}",
    rf"{_IM}{_ONLY}\s{_TEEN}{_OLD}(?!\s?(?:mom|mum|'s|boy's|girl's))",
    r"\bi (?:just |recently )?turn(?:ed)? (?:1[0-7]|[5-9])\b(?! (?:the|left|right|corner|my|pages|into))",
    r"\bi(?:'ll| will) (?:be|turn) (?:1[0-8]|[6-9])\b(?=\s(?:in|this|next|on|soon|tomorrow)\b|[.,!]|\s*$)"
    r"(?!\s(?:in|on)\s\d)",
    rf"(?:^|[.!?\n]\s?)(?:{_TEEN})\s?y/?o(?:\s(?:girl|boy|female|male|f|m))?\shere\b",
    rf"\bas an?\s(?:{_TEEN})(?:{_OLD})(?!'s)(?!\s(?:mom|mum|boy's|girl's))",
    rf"\bas someone who(?:'s|\sis)\s(?:only\s|just\s)?{_TEEN}\b(?!\s(?:minutes|miles|km|blocks))",
    rf"{_IM}\s(?:just|only|still)\sa\s(?:kid|child|teen)\b(?!'s)",
    r"\b(?:i|me|i'm)\s?[(\[](?:1[0-7])\s?(?:f|m|nb|x)?[)\]]|\b(?:i|me)\s?[(\[](?:f|m)\s?(?:1[0-7])[)\]]",
    r"(?:^|[.!?,\n]\s?)1[0-7](?:\s(?:year old|girl|boy))?\shere\b",
    r"(?:^|[.!?\n]\s?)1[0-7]f(?=,|\shere\b)|(?:^|[.!?\n]\s?)[fm]1[0-7](?=[,\s])",
    rf"{_IM}\s(?:not even|not|barely)\s1[0-8](?:{_OLD})?(?:\syet\b|,)",
    rf"\bbeing\s(?:only\s|just\s)?{_TEEN}(?:{_OLD})?\s?(?:,|i\b|and\b)|\bmy age is\s{_TEEN}\b",
    r"(?:^|[.!?\n]\s?)just turned\s1[0-7]\b(?! (?:pages|left|right))",
    rf"{_IM}{_ONLY}\s(?:teen|teenager|teenage (?:girl|boy)|schoolgirl|schoolboy|school kid)\b(?!'s)"
    rf"(?!\s(?:mom|mum|at heart))",
    rf"{_IM}{_ONLY}\s(?:minor|underage|under 18)\b(?! league)(?!\s(?:character|issue|celebrity))",
)
_GRADE_EN = (
    rf"(?:{_IM}|\bwe'?re|\bwe are){_ONLY}\sin\s(?:{_NTH}\s?grade|(?:grade|class)\s(?:[1-9]|1[0-2])|"
    rf"(?:year|yr)\s(?:[1-9]|1[0-3]))\b(?!\s?(?:teacher|math|class))",
    rf"{_IM}{_ONLY}\s(?:in|at|attending)\s{_HIGH}\b{_NOT_STAFF}(?!\s(?:watching|picking|waiting|par"
    rf"king|dropping))",
    rf"{_IM}{_ONLY}\s{_NTH}[\s-]?grader\b",
    rf"{_IM}{_ONLY}\s(?:year|grade)\s?(?:[1-9]|1[0-3])\s(?:student|pupil|kid|girl|boy)\b(?!'s)",
    rf"{_IM}\sin my (?:last|first|final) year (?:of|at) {_HIGH}",
    rf"(?:^|[.!?,\n]\s?|\bi(?:'ve)?\s)just started\s(?:{_NTH}\s?grade|grade\s\d|year\s(?:[1-9]|1[0-"
    rf"3])\b|{_HIGH}){_NOT_STAFF}",
    r"\bi(?:'ve|\shave)?\s(?:got\s)?my\s(?:gcses?|a[\s-]levels?|sats?)\s(?:this|next|soon|coming|t"
    r"omorrow|in)\b",
    rf"{_IM}{_ONLY}\s(?:freshman|sophomore|junior|senior)\s(?:in|at)\s[\w'.]{{1,20}}(?:\s[\w'.]"
    rf"{{1,20}})?\s(?:high|middle)\b",
    rf"\bin my\s(?:freshman|sophomore|junior|senior)\syear\s(?:of|in|at)\s{_HIGH}\s(?:rn|now|right "
    rf"now|currently)\b",
    rf"(?:^|[.!?\n]\s?){_NTH}[\s-]?grader\b[^.!?\n]{{0,30}}\shere\b",
    rf"\bas an?\s{_NTH}[\s-]?grader\b",
    rf"{_IM}{_ONLY}\s(?:freshman|sophomore|junior|senior)\s(?:in|at)\s(?:{_HIGH})\b",
    rf"{_IM}{_ONLY}\s{_HIGH}\s(?:freshman|sophomore|junior|senior|student|kid|girl|boy)\b(?!'s)",
    rf"(?:^|[.!?\n]\s?|\bas an?\s){_HIGH}\s(?:freshman|sophomore|junior|senior|student)\b(?:\shere\b|,)",
    rf"\bi\s(?:still\s)?(?:go to|attend)\s(?:the\s|a\s)?{_HIGH}\b{_NOT_STAFF}",
)

_CHILD = r"(?:kid|child|girl|boy|baby|toddler|teen(?:ager)?|person|one)"
_SHOT = r"(?:photos?|pictures?|pics?|poster|image|video|post|flyer|article|news|clip|screenshot)"
_GONE = r"(?:missing|lost|stolen|abducted|kidnapp?ed|trafficked|disappeared|taken)"
_MINE = (
    r"(?!\s(?:who|that|and|with|mom|mum|trying|holding|taking|watching|when i took|behind|not|n'?t"
    r")\b)(?!')"
)

_BESIDE = (
    r"(?<!next to the )(?<!beside the )(?<!behind the )(?<!with the )(?<!holding the )(?<!near the"
    r" )(?<!not the )"
)
_SELF_EN = (
    rf"\b(?:the|that|this)\s(?:little\s|small\s)?(?:{_GONE}\s)?{_CHILD}\s(?:is|was|(?:might|could|m"
    rf"ay)\sbe)\sme\b{_MINE}",
    r"\bi'?m\s(?:her|him)\b(?=\s*[.!,]|\s*$)",
    rf"\b(?:i'?m|i am|i was)\s(?:that|the)\s(?:little\s)?{_CHILD}\s(?:in|with)\s(?:the|a|an)\s"
    rf"[\w\s-]{{2,25}}\s(?:in|on|from)\s(?:the|this|that|your)\s{_SHOT}",
    rf"\b(?:i'?m|i am|i was)\sthe\s{_CHILD}\s(?:you|u|y'all|they)\s(?:posted|shared|are\s(?:look|se"
    rf"arch)|want|took)",
    r"\bi\swas\ssold\s(?:to|when|as|by)\b",
    rf"{_BESIDE}\b{_CHILD}\s(?:(?:in|on|from)\s(?:the|this|that|your|ur|these)\s{_SHOT}|you(?:'re|"
    rf"\sare)?\slook\w*\sfor"
    rf"|they\stook)\s?(?:is|was|'s|could be|might be|looks like)\sme\b{_MINE}",
    rf"\b(?:that|it|this)(?:'?s|\sis|\swas)\s(?:literally\s|actually\s|really\s|so\s)?me\s(?:in|on)"
    rf"\s(?:the|this|that|your|ur)\s{_SHOT}\b",
    r"\bthis\s(?:is|was)\s(?:literally\s|actually\s|really\s)?me(?:\sas\sa\s(?:kid|child|baby|todd"
    r"ler|little)"
    r"|\swhen\si\swas\s(?:a\s|little|young|small|\d|two|three|four|five|six|seven)|\s?[.!?,](?!\w)|\s*$)",
    rf"\b(?:i'?m|i am|i was|im)\s(?:that|the|this)\s(?:little\s|small\s|young\s)?(?:{_GONE}\s)?{_CHILD}\s"
    rf"(?:in|on|from)\s(?:the|this|that|your|ur|these)\s{_SHOT}",
    rf"\b(?:i'?m|i am|i was)\s(?:that|the|this|one of the|a)\s(?:little\s|small\s|young\s)?{_GONE}"
    rf"\s{_CHILD}\b(?!'s|\swho found)",
    rf"\b(?:i'?m|i am|i was)\s(?:that|the)\s{_CHILD}\s(?:they|you|he|she|who was|that was|everyone)"
    rf"\s?\w{{0,10}}\s?"
    rf"(?:took|stole|kidnapped|abducted|looking|searching|{_GONE})",
    r"\bi\s(?:was|got)\s(?:abducted|kidnapp?ed|trafficked|stolen|snatched)(?!\s(?:by (?:aliens|how|the (?"
    r":story|view))))"
    r"|\bi\swas\staken\s(?:from\smy\s(?:mom|mum|mother|parents|family|home)|as\sa\s(?:baby|child|kid))",
    r"\b(?:you(?:'?re|\sare)|they(?:'?re|\sare)|people\sare)\s(?:looking|searching)\sfor\sme\b",
)

# ── a profile's own shorthand ────────────────────────────────────────────────────────────────────

_BIO = (
    r"(?:^|[|•·/\n;,])\s?(?:age\s?)?1[0-7]\s?(?:yo|y/o|岁)?\s?(?:$|[|•·/\n;])",
    r"(?:^|[|•·/\n;,，])\s?(?:女|男|she/her|he/him|they/them)\s?[|•·/,， ]\s?1[0-7](?!\d)",
    r"(?:^|[|•·/\n;,，\s])(?:1[0-7]|十[一二三四五六七])\s?(?:岁|yo\b|y/o\b)(?!的)(?<!of a 1\d yo)("
    r"?<!(?:mom|mum|dad|mother|father) of[^\n]{0,12})",
    r"(?:^|[|•·/\n;,，\s])(?:minor|未成年)(?=\s?(?:$|[|•·/\n;,，]))",
    r"(?:^|[|•·/\n;,，])\s?(?:初[一二三]|高[一二三]|[一二三四五六]年级|小学生|初中生|高中生|中学生"
    r")(?:学生|生|党)?(?=\s|$|[|•·/;,，])",
)


def _all(*groups: tuple[str, ...]) -> tuple[regex.Pattern[str], ...]:
    return tuple(regex.compile(pattern, regex.MULTILINE) for group in groups for pattern in group)


AGE = _all(_AGE_ZH, _AGE_EN)
GRADE = _all(_GRADE_ZH, _GRADE_EN)
SELF = _all(_SELF_ZH, _SELF_EN)
BIO = _all(_BIO)
