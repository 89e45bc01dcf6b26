"""The signs by which a post shows whose words it carries: patterns of words and of form, by name.

Words only; what they weigh is in firsthand_weights.py. Every pattern is bounded and has no nested repetition.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.extract.firsthand_form import FORM, form_of
from bot.extract.firsthand_form import NAMES as FORM_NAMES
from bot.extract.normal import Normal, Part
from bot.extract.prefilter import Gate, alternatives

_KIN = (
    r"(?:老?妈|老?爸|爹|娘|老公|老婆|爱人|男友|女友|男朋友|女朋友|对象|先生|太太|"
    r"[一二三四五六大小]?(?:姨|姑|叔|舅|伯|婶|嫂)"
    r"[妈父丈娘公]?|姐夫?|姊|妹夫?|哥|弟|堂[哥姐弟妹]|表[哥姐弟妹]|奶奶|姥姥|姥爷|外公|外婆|婆婆|"
    r"公公|岳母|丈母娘|爷爷|阿[嬤公姨妈]|邻居|"
    r"同学|同事|朋友|好友|室友|舍友|闺蜜|死党|发小|战友|老师|师傅|师[姐兄妹弟]|学[姐长妹弟生]|网友|"
    r"群友|博主|楼主|客户|顾客|粉丝|读者|听众|"
    r"业主|家长|车友|驴友|钓友|保姆|老乡|亲戚|司机|的哥|房东|保安|店员|老板娘?|导游|护士|快递员?|"
    r"外卖小?哥|清洁工|值班的)"
)
_TELLS = (
    r"(?:说|讲|话(?:见|畀)|传|发[来我给的了]|发的|拍[到的了]|看[到见]|碰[到见上]|遇[到见上]|撞见|"
    r"见到|目击|告诉|原话|口述|语音|来电|来信|"
    r"留言|求助|爆料|转[来我给述发]|私信|投稿|截[图屏]|LINE|托我|让我|叫我|拜托|亲眼|打电话来)"
)
_KIN_NOUN_EN = (
    r"(?:mum|mom|mam|ma|mother|dad|father|nan|gran(?:ny|ma|dma|dmother|dad|dpa)?|lola|lolo|tita|"
    r"tito|ate|kuya|aunt(?:ie|y)?|"
    r"uncle|cousin|cuz|sis(?:ter)?|bro(?:ther)?|(?:sister|brother|mother|father)-in-law|mil|sil|"
    r"niece|nephew|wife|husband|"
    r"hubby|partner|bf|gf|boyfriend|girlfriend|friend|mate|pal|buddy|bestie|bff|neighbou?r|"
    r"(?:house|flat|room|work|class)mate|"
    r"co-?worker|colleague|boss|manager|driver|cabbie|maid|nanny|cleaner|hairdresser|barber|"
    r"teacher|student|coach|pastor|"
    r"landlord|landlady|customer|client|doorman|guard|shopkeeper|son|daughter|ayi|follower|reader|"
    r"guy|lady|girl)"
)
_KIN_EN = rf"(?:(?:my|our|a|an|his|her|one of my)\s(?:[\w'-]{{2,14}}\s){{0,2}}){_KIN_NOUN_EN}"
SIGNS: dict[str, str] = {
    # passed on
    "kin says": rf"(?:^|[\n(【])[^。!?;\n]{{0,8}}(?:我|我们|俺|咱|家|一个?|有|替|帮)?(?:的|个|"
    rf"位)?{_KIN}(?:[^。!?;,\n]{{0,12}}?{_TELLS}|[^。!?;\n]{{0,14}}?(?:原话|语音|告诉|"
    rf"跟我[说讲]|发给|转给|私信))|"
    rf"(?:我|俺|咱)(?:的|们|家|那个?)?{_KIN}[^。!?;,\n]{{0,10}}{_TELLS}",
    "kin says en": rf"\b{_KIN_EN}(?:'s)?\b[^.!?\n]{{0,30}}?\b(?:said|says?|told|tells|sent|saw|seen|"
    rf"heard|texted|reports?|"
    r"reckons|swears|took|spotted|shared|posted|whatsapped|messaged|rang|wrote|snapped|station|"
    r"facebook|voicemail|called me|"
    r"asked me to|witnessed|dm)\b|\b(?:she|he|they) (?:saw|swears|reckons|sent me|texted|snapped|"
    r"took (?:this|the|a) )",
    "on behalf": r"替[^,。]{1,8}(?:发|问|转)|帮[^,。]{1,8}(?:发|转|问|扩)|(?:不是|非)(?:我|"
    r"本人)(?:拍|看|的)|非本人|图不是我|侵删|"
    r"图源|我没(?:在现场|亲眼)|不是我看|\bposting (?:this )?(?:for|on behalf)\b|\bon behalf of\b|"
    r"\bnot on (?:here|twitter|fb|"
    r"this app)\b|\bi was ?n[o']t there\b|\bwasn't me\b|\bsecond ?-?hand\b|\b2nd hand\b|"
    r"\bthird ?-?hand\b|\bhearsay\b|"
    r"\b(?:i |have )?(?:did not|didn't|haven't|have not) (?:see|seen|witness)|\bi only type\b|"
    r"\bctto\b|\bh/t\b|\bhat tip\b",
    "handed on": r"拍摄者|不是我拍|图是[^,。]{1,6}(?:给|发)|代为|匿名|配文|告诉我的|读者|留言:|"
    r"群组|视频,|^转[:,]|"
    r"转自|转发自|转载|转帖|转贴|转来|转给|转一个|转个|帮(?:忙)?(?:转|发|上传|扩|朋友)|代(?:发|转)|搬运|投稿|"
    r"截[图屏](?:来自|里)|听[^。,]{0,6}(?:说|讲)|据说|传来|传的|私信[说:]|私信:|收到(?:私信|就|"
    r"一条)|原博|原帖|原文|出处|不保真|"
    r"不知真假|真假不知|未核实|群(?:里|转|友|聊|内|组)|朋友圈|转成字|听人|分享自|复制|粘贴|(?:^|"
    r"[【(])(?:转|ZT)(?=[:,】)\s])|"
    r"(?:LINE|WhatsApp|微信群?|QQ群|脸书|FB|Dcard|PTT|豆瓣|贴吧|论坛|小红书|抖音)[^。]{0,6}[:传看]|"
    r"有人(?:看到|见到|拍到|发)",
    "handed on en": r"\brelay(?:ing|ed)\b|\bQT\b|\brang me\b|\bcan.t vouch\b|\bphone-in\b|"
    r"\bcaller\b|\bjust texted\b|\bdaw\b|\bdidn.t want to post|\bdoesn.t do internet|"
    r"\bsharing from\b|\bfrom a (?:local|follower|friend|reader|neighbou?r|colleague)|"
    r"\bf(?:or)?w(?:ar)?de?d?\b|\bre-?(?:posting|posted|post|tweeting|tweet|blog)\b|\bpass(?:ing|ed) "
    r"(?:it |this )?(?:on|along)\b|\bshar(?:ing|ed) (?:this )?(?:from|for|on behalf)\b|"
    r"\b(?:copying|copied|pasting|pasted|lifted|"
    r"stolen|nicked|borrowed|taken|straight|screenshot(?:ted)?|c/p) (?:this |it )?(?:from|with|"
    r"off)\b|\btranscrib|\bamplifying\b|"
    r"\bboosting\b|\bsignal boost|\bnot (?:mine|my (?:photo|pic|post|words|sighting))\b|"
    r"\bas (?:received|recd|told to)\b|\bMT @|"
    r"\bRP\b|\bOP (?:says|said|reported|saw)\b|\boriginal post|\bsent (?:in|to me|to us|me this)\b|"
    r"\bgot this (?:from|in|off)\b|"
    r"\breceived (?:this|from|on|via)\b|\bsubmission\b|\bsubmitted\b|\banonymous\b|\bDM(?:'?d|"
    r"ed)? (?:from|me)\b|\btip from\b|"
    r"\bword from\b|\b(?:told|relayed) (?:to me )?by\b|\bper (?:my|a)\b|\baccording to (?:my|a|"
    r"our)\b|\bscreenshot\b",
    "source en": r"\bgroup ?chat\b|\bGC\b|\bsub-?reddit\b|\breddit\b|\bmarketplace\b|\bscanner\b|"
    r"\bvoicemail\b|\bvoice note\b|"
    r"\bbroadcast\b|\bwhats ?app\b|\bon WA\b|\bviber\b|\btelegram\b|\bdiscord\b|\bcraigslist\b|"
    r"\bnextdoor\b|\bfacebook\b|"
    r"\bciti?zen app\b|\b(?:fb|lost pets|community|local|town) (?:page|group|forum)\b|\b(?:cam|"
    r"church|mums?|moms?|mums'|parents?|"
    r"school|class|family|residents?|tenants?|street|fb|running|office|work) (?:group|chat|gc|"
    r"whatsapp)\b|\bneighbou?rhood watch\b|"
    r"\bvia (?:@|my|a\b|the\b)|\bheard (?:it |this )?(?:from|off|on|at)\b|\b(?:mate|friend|"
    r"neighbou?r|aunt|cousin|uncle|sister|"
    r"brother|mum|mom|gran)'s (?:post|friend|story|text|message|status|wall)\b",
    "lead clause": r"^[^:.!?\d\n\u4e00-\u9fff]{9,70}:\s|^[^:。!?\d\n]{5,30}:(?=\S{8})",
    "from whom": r"^\W{0,3}(?:from|via) (?:my|our|a|the|@)",
    "colon quote": r"^.{2,60}?:\s?[\"“「『'‘]",
    "source colon": r"^[^:。!?\n]{2,60}(?:群|组|网友|朋友|说|讲|发来?|转来?|社|原话|私信|comments?|"
    r"page|mine|on|group|"
    r"chat|thread|post|text|reddit|me|WA|email|story|sister|watch|love|salt|HUMAN)\)?:",
    "all quoted": r"^\W{0,2}[\"“「『]",
    "label": r"^[\[【(][^】\])]{1,16}[】\])]",
    # chains and hoaxes
    "spread": r"转起来|多转一次|功德|转到|互相转|都转|万能的朋友圈|到每个群|\bcirculate|"
    r"\bto every group|\brepost\b|\bipasa\b|\bforwarded many|\bviral\b|"
    r"转起来|互相转|广而告之|看到必转|帮转|求转|大家转|务必|\bretweet\b|\bspread the word|"
    r"\bshare (?:share|please|pls)|\bpass it on|\bpost to your|\bre-?post (?:this|if)|"
    r"\bshare (?:to|in) (?:all|every)|"
    r"求?扩散|速转|转疯|请?转发|转告|转!|停留一秒|一传十|各个?群|接力|【扩】|\bcopy and paste\b|"
    r"\bshare (?:to all|widely|this|with)|\bpls rt\b|\bplease (?:rt|retweet|share)|\bplease copy",
    "urgent": r"紧急|请注意|求求|\burgent\b|\bwarning\b|\balert\b",
    "rumour": r"有人(?:用|偷|抓|抢)|迷[药晕]|手帕|团伙|\btaking (?:kids|children)|\bchildren gone|"
    r"\bkumukuha\b|\bkidnapped child warning|\bgot snatched|\bharvest|\bgang\b|"
    r"摘(?:肾|器官)|器官|偷孩|抢孩|拐(?:小孩|孩子)|人贩|外地(?:车|人)|面包车(?:专|在)|"
    r"\bkidnappers?\b|\borgans?\b|\bgang\b|\bsnatch|\bnew (?:modus|scam|tactic)|\bzip ?ties?\b|"
    r"割肾|肝肾|[抢偷](?:小孩|孩子|小学生|学生)|麻醉|人贩子|迷[药晕]|冒充|被人带走|white van|luring|"
    r"\bpredators?\b|\btraffickers?\b|\bbalikbayan\b|puti\b|\bpretending\b|\bfriend of a friend\b|"
    r"\bmarking\b",
    "debunked": r"谣言|老图|假讯息|假消息|别转了|不要再传|又来了|图是(?:外国|电影)|网传|"
    r"\bfact check|\bstaged\b|\bcheck before you share|\bgoing round\b|\bevery year the same|"
    r"\bno one knows which|\bagain\. no|"
    r"假的|谣言|辟谣|查证|无此|澄清|演练|年前就?[有在]|同一段话|\d{4}年就|电影截图|早就|已删除?谣|"
    r"\bsame (?:text|claim|story|tape|post)|\bword for word|\bsnopes\b|\byears running|"
    r"\bit's from (?:19|20)\d\d|"
    r"\bfrom (?:19|20)\d\d\b|\bfake\b|\bhoax\b|\bdebunk|\bdoes not exist|\bclockwork\b|"
    r"\beach one\b|\bstories travel|"
    r"\bno date\b|\bold when\b|\bwas old\b|nung 20\d\d",
    "no detail": r"无时间|无地点|无图|忘了|\bno (?:date|place|photo)\b|\bsomewhere in\b",
    # news
    "agency": r"新闻|本报|中央社|报导|媒体|回应|民政局|代表建议|公安局|官方|局长|市长|多地|"
    r"某[县市报校]|产业链|"
    r"据[^,。]{1,8}(?:称|消息|通报)|快讯|央视|澎湃|新京报|红星|记者从|日电|\d+日讯|网讯|发言人|"
    r"国务院|全国人大|委员|检方|法院|海关|派出所通报|统计|数据显示|发布会|专项|条例|出台|部署|"
    r"救助管理站|联合国|"
    r"公安部|公安厅|(?:警方|法院|检察院|民政[部厅局]|打拐办|妇联|教育局|民警)(?:[^,。]{0,8})?(?:称|指|通报|"
    r"提醒|破获|侦破|解救|表示|发布|辗转|回应|:)|^.{0,12}(?:公安|警方|民警)[^@]|记者|据(?:报道|悉|"
    r"了解)|新华社|"
    r"来源:|日报|晚报|晨报|电视台|走基层|两会|代表建议|预警",
    "agency en": r"\bUN report\b|\bcourt hears\b|\bcouncil to\b|\breports (?:local|say)|"
    r"- (?:minister|police|court|report)\b|\bsheriff says\b|^police are\b|\bdaily brief\b|"
    r"^breaking\b|\brailway police\b|"
    r"\b(?:reuters|afp|unicef|minister|senator|mayor|council(?:lor)?|spokes\w+|sheriff|study|"
    r"statement|new law|bill)\b|,\s?(?:police|officials|reports?) (?:say|said)|\bpolice (?:say|"
    r"said|confirm|have (?:charged|arrested|rescued))|"
    r"\b(?:police|officials?|garda[ií]?|officers?|prosecutors?|authorities|ministry|court|judge|jury|"
    r"coroner|crime branch|nbi|fbi|interpol)\b(?! (?:informed|aware|logged|on the way|came|here|"
    r"have|took|were|did|"
    r"non))[^.!?]{0,12}\b(?:said|says?|rescued?|arrest(?:s|ed)?|charged?|reunited|must|called|"
    r"ruled|confirmed|"
    r"announced|who)\b|\bsays report\b|^(?:CBC|BBC|CNN|AP|ABC|SCOOP|BREAKING|NEWS)\b|"
    r"\bofficials said\b|^coroner\b",
    "outcome": r"失散|摧毁|控制|受伤|尋獲|寻获|截获|被找到|已在|找到了亲生|相拥|起刑|偷渡|利用儿童|"
    r"产业链|身体状况|"
    r"抓获|告破|刑拘|拘留|一审|二审|死刑|无期|有期徒刑|缓刑|团伙|庭审|被告|重逢|团聚|获救|时隔|"
    r"成功找到|亲生|批准逮捕|移送|专案|立案|拐卖妇女|"
    r"破获|侦破|落网|被捕|获刑|宣判|判处|解救|认亲|送回|比中|入刑|批捕|找回|案件|拐卖案|嫌疑人|涉案|"
    r"亲生父母|抱走.{0,12}警方",
    "outcome en": r"\b(?:broken up|taken into care|acquitted|forced children|press conference|"
    r"hours search|hour search|stolen from|taken from|reunit\w+|investigat\w+|worldwide|"
    r"to fine|ring busted|racket|held$|in custody|abduction)\b|"
    r"\b(?:guilty|verdict|inquest|trial|hearing|busted|raid(?:ed)?|pleaded?|bail|indicted|"
    r"acquitted|in custody|detained|freed)\b|"
    r"\b(?:charged|jailed|sentenced|arrested|convicted|rescued|reunited|vanished|trafficked|snatching|"
    r"cancelled after|found (?:alive|safe|dead)|inquest|suspect|died by|years over)\b",
    "headline": r"[|]|^【[^】]{4,}】|……\w",
    # notices
    "seeks": r"一直在找你|等你(?:回)?|找你|被人?抱走|离家|被骗走|放学后没|求大家帮|立即联系|见到请|"
    r"请留住|失去音讯|尋人|父母走|"
    r"寻亲|启事|不见了|走散|失散|弄丢|出走|至今未|没(?:有)?回家|未回家|联系不上|失去联系|"
    r"知情[者人]|提供线索|有线索|有消息|请与|请致电|联系电话|拨打|最后(?:出现|一次|被看)|"
    r"监控(?:显示|最后)|被拐|被抱走|被骗走|拐走|DNA|采血|宝贝回家|编号|帮(?:我|忙|助)?找|"
    r"找(?:我)?(?:儿子|女儿|孙子|孙女)|协助寻|如有发现|有看到请|发现请|"
    r"寻子|寻女|寻人|协寻|协查|急寻|寻找(?:儿子|女儿|孩子|走失)|悬赏|走失|失踪|失联|走丢|未归|离家|与家人|"
    r"必有重谢|酬谢|重金|家人(?:非常|很)?着急|未到校",
    "seeks en": r"\b(?:looking for|locate) (?:my|our|[A-Z][a-z]+)\b|\bdisappeared\b|"
    r"\bstill (?:no news|missing|searching)\b|\bnot been in contact|\bhasn.t been in contact|"
    r"\babducted\b|\bnot seen since\b|\banswers to\b|\bnawawala\b|\bhuling nakita\b|"
    r"\btawagan\b|\bcan anyone help (?:find|locate)|\bdid not come home|\bhave you seen our\b|"
    r"\bcall me on\b|\blost at\b|"
    r"\bif (?:you )?(?:see|seen|have seen)\b|\bany (?:info|information|sightings?)\b|"
    r"\bappeal(?:ing)?\b|\breward\b|\brunaway\b|\b(?:silver|child|endangered) alert\b|"
    r"\bnot been seen since\b|\bleft home\b|\b(?:did not|didn.t|hasn.t|has not) (?:return|"
    r"come home|been home)|\bbelieved to be\b|\bknown to\b|\blast known\b|\b(?:my|our) (?:son|"
    r"daughter|boy|girl|brother|sister) (?:is|has been|went) missing|\bcrime ?stoppers\b|"
    r"\bring 101\b|\bpolice are\b|\bmissing\b[^.!?]{0,40}\b(?:since|from)\b|"
    r"\b(?:missing|lost) (?:child|boy|girl|person|since|from)\b|^(?:missing|lost)\b[^.!?]{0,14}:|"
    r"\bamber alert\b|\bhave you seen (?:this|my|our|him|her|[A-Z])|\blast seen\b|"
    r"\bhelp (?:us )?(?:find|locat)|"
    r"\bassistance needed\b|\bwent missing\b|\bseparated (?:during|from)\b|\blast with\b|"
    r"\bbring (?:him|her) home\b|"
    r"\bconcerned for\b|\btaken \d|\bcall (?:mother|mum|dad|\d{3})|\b(?:ref|"
    r"contact) [\w ]{0,12}\d{3}|\bcancelled\b",
    "named": r"[\u4e00-\u9fff]{2,3}[,(](?:化名|[男女])|小名|化名|某某|(?:我)?(?:儿子|女儿|"
    r"弟弟)[\u4e00-\u9fff]{2,3},|"
    r"(?-i:\b[A-Z][a-z]+(?: [A-Z][a-z]+)?(?: \([0-9]{1,2}\)|, [0-9]{1,2},))",
    "described": r"一米[一二三四五六]|1米\d|体[型态貌]|偏瘦|瘦小|特征|姓名|性别|年龄:|穿着:|"
    r"\bheight\b|\bhair\b|\beyes\b|\bDOB\b|\bname:|\bage:|\bdescription\b|\bbuild\b|"
    r"身高|\d{2,3}cm|上身|上穿|身穿|下穿|\b\d ?ft\b|\bslim\b|\bcontact\b|\bwearing (?:gr|bl|a |wh|re)",
    "phone": r"1\d{2}[*\d]{4,8}|1\d\*+|拨(?:打)?\d|请拨|联系我|\b\d{3}[ -]\d{3}|\*{2,} \d{3}|\b07\*",
    # none of these
    "greeting": r"早安|节日|新年好|拜年|恭喜|辛苦了|致敬|点赞|\bwell done\b|\bcongrat|\bproud of\b|"
    r"\bbless(?:ed|ings)?\b|\bsolidarity\b|\bthoughts with\b|\bthanks? (?:for|to)\b|"
    r"快乐|加油|祈祷|愿(?:天下|望|每)|祝(?!福路)|晚安|感谢|谢谢大?家|谢谢你|新年第|情人节没|"
    r"^(?:RT )?happy\b|\bhappy (?:thanksgiving|new year|easter|birthday|holidays)|\bthank(?:s|"
    r" you) (?:to |for |all|"
    r"every|so )|\bprayers?\b|\bshout-?out\b|\bgood morning\b|^no words|\bwe are alive\b",
    "question": r"请问|求解|谁懂|怎么办|哪里(?:有|可以)|\bwhy (?:do|does|is|are)\b|\bhow (?:do|"
    r"does|can|to)\b|\bwhat happens\b|\bis this (?:real|true|legit)\b|\bshould (?:i|we)\b|"
    r"\bwhere do i\b|\bgenuine(?:ly)? (?:ask|question)|"
    r"(?:怎么(?!了)|吗|呢|什么)\?*$|为什么|有没有学|求推荐|有人知道|后来怎么样|"
    r"\b(?:is it|is there|do i just|anyone know|anybody know|has anyone|does anyone|how do we|"
    r"can we get|why does|"
    r"are they now|what is)\b[^.!]*\??",
    "media": r"电影|剧[里集]|综艺|直播|上映|首映|票房|书里|新书|讲座|活动|报名|门票|优惠|折|抽奖|"
    r"关注|公众号|教程|论文|数据集|app|展览|歌|\bmovie\b|\bfilm\b|\bnovel\b|\bbook\b|\bsong\b|"
    r"\bpodcast\b|\bseason\b|\bnetflix\b|\bsale\b|\bticket|\bsign up\b|\bregister\b|"
    r"\bjoin us\b|\bworkshop\b|\bhiring\b|\bapp\b|\bdataset\b|\bsubscribe\b|"
    r"电视剧|连载|小说|影展|摄影展|开展|视频|纪录片|电影|大结局|《[^》]{1,14}》|人脸识别|代码|脚本|长微博|"
    r"直播间|抽i|五折|包邮|优惠|招聘|诚招|招新|日结|志愿者(?:团建|招|四)|演的|\bdocu|"
    r"\bep(?:isode)? \d|\bthe video\b|"
    r"\bpetition\b|\bfundraiser\b|\braffle \+|\brecruit|\betsy\b|% off|bit\.ly|\bdeals?\b|\bpromo|"
    r"\bgiveaway\b|"
    r"\bfollow\b.{0,12}\bback\b|\bthread\b|\bcostume\b|\bposter\b|\breading list\b|\bversion of\b",
    "advice": r"\bdon.t give money\b|\bcall the helpline\b|\btake a photo of\b|最重要|大家捂好|"
    r"先报警还是|应该先|"
    r"教大家|看好孩子|建议|请不要|不要再|别再转|呼吁|冷知识|省省|长点心|别跟|安全第一|注意记|打码|打个码|"
    r"\bwag na\b|\bif you see\b|\bnot every\b|\bstop calling\b|\blearnt?\b|\bplease stop\b|"
    r"\bask what\b|\bevery "
    r"(?:share|photo|retweet)|\bone thing\b|\balways\.|\braise awareness|\bclose the app",
    "memory": r"那时候|多年前|去年今天|记得(?:小|那)|以前|童年|\bback when\b|\bas a (?:kid|child|"
    r"boy|girl)\b|\bremember when\b|\bgrowing up\b|\bdream(?:t|ed)?\b|\bon this day\b|"
    r"(?:19|20)\d\d年[^。]{0,10}我|小时候|[一二三四十]+年前我|梦到|梦见|那年|翻到|想给|道歉|当年|"
    r"\byears ago\b|\bwhen i was\b|\bi once\b|\bused to\b|\bback in (?:19|20)\d\d|\bi said something\b",
    "update": r"已经确认|删了|搞错|祖孙|有社工|\bapologi[sz]e\b|\bit.s sorted\b|\bdeleted my\b|"
    r"\bturns out\b|\bwith a permit\b|\bposted yesterday\b|"
    r"澄清|结案|好消息|搞错|误会|乌龙|是亲[生妈爸]|\bfalse alarm\b|\bsorted\b|\bsolved\b|"
    r"\bnever mind\b|\bfound (?:him|her|them)\b|\bhome safe\b|\bcase closed\b|\bdelete|"
    r"\btake (?:the|this|it) (?:old )?(?:posts? )?down|"
    r"后来|已经(?:被|找|连夜|平安|确认)|找到了|接走(?:啦|了)|别再转|撤回|平安找到|被找到|原来(?:是|人家)|"
    r"才晓得|虚惊|躲[^,。]{1,6}睡着|更新|我一查|我回[她他]|\bwas found\b|\bfound safe|"
    r"\bidentified\b|\bupdate\b|"
    r"\bturns out\b|\bnow he's\b|\bwe all posted\b|\bgetting help\b",
    "own family": r"带女儿|带儿子|我女儿|我娃|\bmy (?:kid|daughter|son) (?:just|to|to the)\b|\btook my\b|"
    r"我娃|我闺女|我崽|家里娃|自家|我家(?:老[大二]|小)|\bmy (?:\w+ )?(?:nephew|niece|\d{1,2}yo|"
    r"baby|little one|eldest|youngest)\b|\bour (?:kids?|son|daughter)\b|"
    r"我儿子|我女儿|我家(?:娃|孩子|狗)|哄娃|娃问我|给学生|给全班|侄女|带[^,。]{0,4}小孩不?想|"
    r"\bmy (?:own )?(?:crying |little )?(?:kid|daughter|son|toddler|children|boys)\b|\banak ko\b|"
    r"\bmy mom forgot",
    "joke": r"段子|开玩笑|绝绝|哈哈|社畜|加班|\blmao\b|\bhaha|\bjk\b|\bkidding\b|\bmeme\b|\b/s\b|"
    r"哈哈|笑死|\[doge\]|吐个?槽|本人|流量|爱心省省|吓醒|\bapril fools?|\blol\b|;\)|\bbrenda\b|"
    r"\bcow\b|\bnot one "
    r"of you\b|\btweet\b|\bjoke\b|\bventing\b",
    "many": r"孩子们|儿童(?!节|医院|公园|乐园)|小朋友们|\bchildren\b(?! (?:sleeping|begging))|"
    r"\bminors?\b|\bkids today\b|"
    r"\bthe kids\b|\bpeople who\b",
    # a scene seen
    "child": r"小家伙|小朋友|小鬼|幼[童女儿]|小不点|小东西|小妞|妞妞|小赤佬|毛头|小学生|中学生|"
    r"奶娃|小子|仔仔|妹崽|\b(?:kiddo|kiddies?|bairns?|weans?|nippers?|tykes?|tots?|"
    r"littl[e ]?uns?|school ?(?:girl|boy|kid)s?|juvenile|pre-?teens?|tweens?|adolescent|bubs?|"
    r"munchkins?|chokra|bachh?a|bachche|budak|anak|newborn|twins|orphans?|urchins?|mite|"
    r"lil (?:one|kid|girl|boy)s?)\b|"
    r"儿童|未成年|子女|\bchildren\b|\bminors?\b|\byear-old\b|\bsons?\b|\bdaughters?\b|"
    r"孩|娃|丫头|小姑娘|小[男女]生|女生|男生|小妹|小弟|妹[仔子妹]|弟弟|细[路佬蚊]|[男女]仔|[男女]童|婴|宝宝|"
    r"BB|少年|小家伙|孙[子女]|[男女](?=[,\s。])|[♀♂]|崽|伢|囡|奴仔|闺女|学生|岁|"
    r"\b(?:boys?|girls?|kids?|child|lads?|lass(?:ie)?|bab(?:y|ies)|toddlers?|teen(?:ager)?s?|bata|"
    r"wee (?:one|fella|lad)|"
    r"little ones?|littlies|siblings|sisters|brothers|y\.?/?o\.?|infant|youngster|tot|year old|yr old)\b",
    "age": r"(?:\d{1,2}|[一二三四五六七八九十两]{1,3})(?:来|多|几)?岁|\b\d{1,2}[ -]?(?:y/?o|yrs?|"
    r"years?)\b|\b(?:boy|"
    r"girl|kid|lad|lass|toddler|one|child|baby|teen)s?,? (?:of |about |around |maybe |like |"
    r"aged )?~?\d{1,2}\b|"
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen) (?:year|yr)",
    "clock": r"\d[点:时]\d?|[一二三四五六七八九十两]点|\b\d{1,2}(?:[:.]\d\d)?\s?[ap]\.?m\b|"
    r"\b(?:half|quarter|twenty) "
    r"(?:past|to|one|two|three|four|five|six|seven|eight|nine|ten)|\b\d{1,2}[:.]\d\d\b|\bo'?clock\b",
    "near day": r"刚[刚才]|今[天早晚儿日朝]|昨|前[天晚]|这会儿|此刻|上?(?:周|星期|礼拜)[一二三四五六日天]|"
    r"\b(?:just now|rn|right now|today|yesterday|last night|tonight|this (?:morning|afternoon|arvo|"
    r"evening|minute)|"
    r"ago)\b",
    "part": r"上午|下午|傍晚|早上|晚上|中午|凌晨|清晨|夜里|\b(?:morning|afternoon|evening|night|"
    r"arvo|noon|midday)\b",
    "begging": r"乞|要饭|[讨要]钱|讨饭|跪|磕头|卖[花唱艺口纸玫]|拉二胡|拴|光脚|没穿|\bbegg?\w*|"
    r"\basking (?:for|folk)|"
    r"\bcoins?\b|\bbarefoot\b|\bno shoes\b|\bbusk\w*|\bcup\b|\bcardboard\b|\bselling\b",
    "acts": r"哭|喊|睡|坐|蹲|站|抱着?|牵|拉着|拽|拖|捡|抓|趴|盯|举|背着?|端|\b(?:crying|sleeping|"
    r"sat|sitting|standing|"
    r"holding|carrying|pulled|walking|wrapped|tied|following|kept|said|told|wearing|alone)\b",
    "i saw": r"我(?:看|问|给|拍|报|打|说|把|觉|靠|也|陪|当时|没|想)|看[见到]|碰[见到上]|遇[见到]|"
    r"没拍到|报警了|报了警|"
    r"\bi (?:saw|called|asked|gave|reported|honked|rang|told|shouted|phoned|can't|took|found|was|walked)\b|"
    r"\b(?:told|asked) me\b|\bposting so\b|\bmy (?:bus|train|shift|stop|photo|phone)\b",
    "appeal": r"谁家|哪家|附近的|认识的|有没有大人|看[过下]来|快去|@[^ ,。]{0,8}公安|@[^ ,。]{0,8}警|"
    r"\bplease (?:check|someone|pls)|\bpls\b|\b(?:anyone|someone) (?:near|know (?:him|her)|with)|"
    r"\bkeep an eye\b|"
    r"\b(?:police|911|999|311|101|edhi|childline|cops|guards) |\bcall(?:ed)? (?:311|911|999)",
    "adult nearby": r"(?:老太|老头|妇女|女的|男的|男人|女人|夫妇|夫妻|阿[婆伯公]|婆婆|没(?:看到|见)?大人)|"
    r"\b(?:man|woman|lady|guy|adult|nobody|no one|couple)\b",
    "vehicle": r"车牌|牌照|面包车|金杯|\bplate\b|\bvan\b",
}
SIGNS.update(FORM)
_NAMES = tuple(SIGNS)
_LONGEST = 40
"""So many characters of a sign are shown."""
_PARTS = [(name, part) for name, pattern in SIGNS.items() for part in alternatives(pattern)]
_COMPILED = [(name, re.compile(part, re.IGNORECASE)) for name, part in _PARTS]
_GATE = Gate((str(at), part) for at, (_, part) in enumerate(_PARTS))


GROUPS: dict[str, frozenset[str]] = {
    "handed": frozenset(
        {
            "kin says",
            "kin says en",
            "on behalf",
            "handed on",
            "handed on en",
            "source en",
            "from whom",
            "chain",
        }
    ),
    "rumours": frozenset({"spread", "rumour", "debunked", "no detail", "urgent"}),
    "press": frozenset({"agency", "agency en", "outcome", "outcome en", "headline"}),
    "search": frozenset({"seeks", "seeks en", "named", "described", "phone"}),
    "else": frozenset(
        {"greeting", "question", "media", "advice", "memory", "update", "own family", "joke", "many"}
    ),
}
"""Signs that speak for one label: one of them, and two or more, are signs too."""
_STRANGE = frozenset().union(*GROUPS.values()) - {"chain"}


def signs_of(
    normal: Normal, parts: Sequence[Part], *, has_place: bool, has_time: bool, has_photo: bool
) -> dict[str, str]:
    """The signs that the post shows, each with the words that are the sign ("" for those of form)."""
    text = normal.text
    found: dict[str, str] = {}
    for at in sorted(map(int, _GATE.open(text))):
        name, pattern = _COMPILED[at]
        if name not in found and (m := pattern.search(text)):
            found[name] = normal.quote(m.start(), min(m.end(), m.start() + _LONGEST)).strip() or m[0].strip()
    own = "".join(text[p.start : p.end] for p in parts if p.own).strip()
    if len(parts) > 1 or not own:
        found["chain"] = "a repost chain"
    if len(own) < 12:
        found["short"] = ""
    if has_place:
        found["place"] = ""
    if has_time:
        found["time"] = ""
    if has_place and has_time:
        found["place and time"] = ""
    if has_photo:
        found["photo"] = ""
    if not found.keys() & {"child", "age"}:
        found["no child"] = ""
    for name, group in GROUPS.items():
        shown = [sign for sign in found if sign in group]
        if shown:
            found["any " + name] = found[shown[0]]
        if len(shown) > 1:
            found["more " + name] = found[shown[1]]
    for name in form_of(found, text, _STRANGE):
        found[name] = ""
    return found


NAMES = (
    *_NAMES, "chain", "short", "place", "time", "place and time", "photo", "no child", *FORM_NAMES,
    *(lead + name for name in GROUPS for lead in ("any ", "more ")),
)  # fmt: skip
