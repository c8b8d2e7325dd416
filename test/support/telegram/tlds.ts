/**
 * Top-level domains that make a bare `name.tld` a link in Telegram. All of ISO 3166's two-letter ones in use and the generic
 * ones that turn up in logs; the vendor's list has every one of https://data.iana.org/TLD/tlds-alpha-by-domain.txt.
 */
const COUNTRIES =
  'ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd cf cg ' +
  'ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gd ge gf gg gh gi gl ' +
  'gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz ' +
  'la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no ' +
  'np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sk sl sm sn so sr ss st ' +
  'su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw';
const GENERIC =
  'com org net int edu gov mil info biz name pro app dev cloud online site xyz page zip mov run sh host network systems tech ' +
  'tools team works zone email live news today top blog shop store space website world wiki link click bot chat digital ' +
  'engineering energy exchange global group guru help io llc ltd media monster one party pub rocks services show social ' +
  'software solutions studio support video vip work aero arpa asia cat coop jobs mobi museum post tel travel google aws';

/** The domains, lower case. */
export const TOP_LEVEL_DOMAINS: ReadonlySet<string> = new Set(`${COUNTRIES} ${GENERIC}`.split(' '));
