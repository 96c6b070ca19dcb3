"""Words that hint at what a block of text is: in the classes of the elements around it, and in short texts.

Collected by hand from publishing systems and pages of many countries (November 2026); the model learns what each group
is worth. A dot in a word is any run of characters that are neither letters nor digits, also the beginning or the end.
"""

CLASS_WORDS: dict[str, str] = {
    "body": (
        "articlebody .article.body .article.content .article.text .entry.content .post.content .post.body "
        ".story.body .story.content .content.body .body.content .body.text .news.body .news.content .articletext "
        ".articlecontent .postcontent .entrycontent .storybody .newsbody .article.view .view.content .viewcontent "
        ".article.detail article_body richtext .rich.text .rte. .prose. .wysiwyg. .markdown .body.copy .bodycopy "
        ".textbody .text.body .본문 se-main tt_article contents_style .articletext artikeltext artikelbody "
        "article-content"
    ),
    "article": "article artikel .story .entry .post .news nachricht beitrag .blog",
    "content": "content .main inhalt .text .cont. .body",
    "paragraph": "paragraph .para. .absatz .copy. .text. .p.",
    "nav": ".nav navi menu breadcrumb .toc. .pagination pager .paging .topbar .steps .skip",
    "side": "sidebar .side. .rail .aside .secondary .right. .rightcol .left. .marginal .spalte .column.",
    "footer": "foot .bottom. .imprint .legal copyright impressum disclaimer",
    "header": "header .masthead .head. .top. .logo .brand .banner",
    "comment": (
        "comment kommentar disqus .reply .replies .respond .discuss .forum .reader .debate 댓글 livefyre .thread"
    ),
    "share": (
        "share sharing social .sns facebook twitter whatsapp pinterest .addthis .follow .teilen .like .vote .rating"
    ),
    "related": (
        "related .recommend .similar .more. .more .mehr teaser .read.next readmore .read.more .trending .popular "
        ".most. .latest .weitere .also .next. .prev .card .tile .promo .carousel .suggest .see.also .swiper "
        ".slider .feed"
    ),
    "ad": (
        ".ad. .ads .adv .advert .anzeige .werbung .sponsor outbrain taboola .commercial .publicidad .reklam "
        ".partner .affiliate .gpt. .dfp. .banner .promot .shop"
    ),
    "meta": (
        "meta byline .author .autor .date. .time. .timestamp .publish .credit .kicker .dateline .info. .infos "
        ".source .datum .writer .reporter .read.time .category .section.name .postinfo"
    ),
    "caption": "caption .legend .bildtext .bildunterschrift .credit .copyright .figure .quelle",
    "media": "image .img .photo .picture .gallery .media .video .player .bild .foto .audio .podcast",
    "title": "title headline .heading .titel .overline .ueberschrift",
    "lead": (
        ".lead .summary .intro .abstract .excerpt .deck .dek. .standfirst .subtitle .sub.title .subhead "
        ".description .vorspann .chapo .lede .teasertext .preamble .ingress .subline .synopsis"
    ),
    "sign_up": (
        "newsletter .subscribe .subscri .signup .sign.up .cta .paywall .abo. .premium .login .register .donate "
        ".donat .regist .piano .offer .membership .form. .search"
    ),
    "popup": "popup modal cookie consent gdpr overlay .dialog .tooltip .drawer .toast .alert",
    "unseen": "hidden .sr.only .visually screen.reader .print. .noprint .d.none .invisible",
    "tags": ".tag. .tags .topic .keyword .themen .schlagwort .label .hashtag",
    "box": ".box .infobox .factbox .fact .embed .quote .pull .tweet .instagram .aside .inset .callout .highlight",
    "bio": ".bio .profile .about .author.box .authorbox .author.info .author.bio",
    "list": ".list .index .archive .grid .items .toplist .listing",
    "widget": ".widget .module .component .plugin .block .container .wrapper .region",
    "end": ".footnote .notes .correction .references .source .sources .disclos .update .editor",
    "table": "table .stats .score .chart .graph .tabelle .data.",
    "live": ".live .ticker .liveblog .timeline .chat",
}
"""In class, id, role, itemprop and data-test attributes, by what they hint at."""
CLASS_BIT = {name: 1 << position for position, name in enumerate(CLASS_WORDS)}
"""The bit of each group in the column `words` of a scanned element."""

TEXT_WORDS: dict[str, str] = {
    "ad": "advertis sponsored .anzeige. .werbung. publicidad реклама paid.content .annonce. .광고. affiliate",
    "related": (
        "related read.more .more. read.next see.also you.may also.read mehr.zum .lesen.sie weitere .lire.aussi "
        "leia.também lea.también .read. recommended trending most.popular .관련. .더보기. leggi.anche 関連 .zum.thema "
        ".latest more.stories watch. .video. up.next keep.reading continue.reading mehr.dazu auch.interessant "
        "don.t.miss"
    ),
    "share": (
        ".share .facebook .twitter .whatsapp .pinterest .linkedin .teilen .e.mail. .email .print .drucken .공유 "
        ".kakao .link .copy.link .merken follow.us .follow .like .tweet .reddit .instagram .telegram"
    ),
    "copyright": (
        "copyright .all.rights.reserved .alle.rechte © 무단.전재 저작권 .terms .privacy datenschutz impressum .agb"
    ),
    "sign_up": (
        "subscribe newsletter sign.up .log.in .login register .abonn .abo. anmelden .account .cookie .app. .join "
        ".download .donate .member .free.trial einloggen .구독 suscr inscri"
    ),
    "photo": (
        ".photo .image .foto .getty .credit .bild. .picture .reuters. .afp. .shutterstock .illustration .dpa. "
        ".ap. .사진 .symbolbild .courtesy .file.photo .photograph"
    ),
    "comment": "comment kommentar .repl .respond .댓글 .antwort .leave .permalink .posted .says .report.abuse",
    "author": (
        ".by. .von. .par. .por. .author .autor .writer .editor .reporter .기자 .staff .correspondent .redaktion "
        ".written .reporting .follow.him .contributed .is.a. .about.the"
    ),
    "date": (
        ".published .updated .january .february .march .april .june .july .august .september .october .november "
        ".december .uhr .stand .aktualisiert .veröffentlicht .입력 .수정 .min.read .ago. .lesezeit .read.time .am. "
        ".pm. .gmt"
    ),
    "tags": ".tags .topics .filed.under .categor .themen .schlagw .keywords .section .tagged",
    "navigation": (
        ".home .menu .search .back.to .next. .previous .skip .contact .about.us .close .top. .zurück .weiter "
        ".vorherig .nächst .older .newer .목록 .이전 .다음 .show .load.more .view.all .see.all .click.here .page. "
        ".suche"
    ),
    "note": (
        ".correction .editor.s.note .note. .disclosure .this.article .this.story .originally .source. .sources .quelle"
    ),
}
"""In the first bytes of texts, in the same way."""
