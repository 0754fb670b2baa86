/// The style sheet of the page: calm in light and dark, on paper, and without color vision.
///
/// Colors of data are after Okabe and Ito, *Color Universal Design*, 2008, darkened or lightened
/// for contrast with the page.
public enum PageStyle {
  public static let sheet = Markup(verbatim: colors + layout + drawings)

  private static let light = """
    --paper:#f7f7f5;--card:#fff;--ink:#1d2125;--soft:#5b646d;--rule:#dcdfe2;--wash:#eff1f2;
    --blue:#0b62a4;--sky:#3b97cc;--orange:#cf6a00;--teal:#00816a;--purple:#95539f;
    --gray:#7b838b;--on-fill:#fff;--good:#00705c;--bad:#b13a12;--open:#7a5c00;
    """

  private static let dark = """
    --paper:#13161a;--card:#1b1f24;--ink:#e6e8ea;--soft:#9fa8b1;--rule:#30363c;--wash:#232830;
    --blue:#62b0ee;--sky:#a5dbf7;--orange:#f0a04a;--teal:#41c8a4;--purple:#cf9ad8;
    --gray:#97a0a9;--on-fill:#10141a;--good:#52d0ad;--bad:#f08a63;--open:#e3bf5b;
    """

  private static let colors = """
    :root{color-scheme:light dark;\(light)}
    @media (prefers-color-scheme:dark){:root{\(dark)}}
    @media print{:root{color-scheme:light;\(light)--paper:#fff}}

    """

  private static let layout = """
    *{box-sizing:border-box}
    body{margin:0;background:var(--paper);color:var(--ink);
    font:16px/1.55 system-ui,-apple-system,"Segoe UI","Noto Sans","Liberation Sans",sans-serif;
    font-variant-numeric:tabular-nums}
    header,main,footer{max-width:1120px;margin:0 auto;padding:0 28px}
    header{padding-top:36px;display:flex;flex-wrap:wrap;gap:0 18px;align-items:baseline}
    header p{margin:0}.kicker{color:var(--soft)}.run{font-weight:600}
    footer{color:var(--soft);font-size:13px;padding-top:40px;padding-bottom:40px}
    h1{font-size:31px;line-height:1.28;font-weight:600;letter-spacing:-.01em;margin:10px 0 26px;
    max-width:34em;text-wrap:pretty}
    h2{font-size:23px;font-weight:600;margin:64px 0 6px;padding-top:18px;
    border-top:1px solid var(--rule)}
    h3{font-size:16px;font-weight:600;margin:30px 0 6px}
    h4{font-size:14px;font-weight:600;margin:0 0 4px}
    p{margin:6px 0 12px;max-width:46em}
    small{font-size:12.5px;color:var(--soft)}
    .verdict{padding-top:22px}
    .badge{display:inline-block;margin:0;padding:2px 12px;border-radius:99px;font-weight:600;
    font-size:14px;border:1.5px solid}
    .badge.good{color:var(--good)}.badge.bad{color:var(--bad)}.badge.open{color:var(--open)}
    .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:14px}
    .tile{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:14px 16px;
    display:flex;flex-direction:column;gap:2px}
    .tile strong{font-size:21px;font-weight:600;line-height:1.3;white-space:nowrap}
    .tile span{font-size:14px}
    .columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(360px,1fr));gap:0 44px}
    ol,ul{padding-left:1.3em;margin:6px 0}li{margin:5px 0;max-width:44em}
    .checks{list-style:none;padding:0}
    .checks li{display:flex;gap:10px}.checks em{font-style:normal;font-weight:600}
    .met b,.gain{color:var(--good)}.unmet b,.loss{color:var(--bad)}
    .caveats{border-left:3px solid var(--open);padding:2px 0 2px 18px;margin-top:26px}
    .caveats h3{margin-top:4px}
    nav{display:flex;flex-wrap:wrap;gap:4px 20px;margin-top:34px;font-size:14px}
    a{color:var(--blue);text-decoration:none}a:hover{text-decoration:underline}
    .table{overflow-x:auto;margin:12px 0}
    table{border-collapse:collapse;font-size:14px;line-height:1.35;min-width:50%}
    th,td{padding:7px 12px 7px 0;text-align:left;vertical-align:middle;font-weight:400;
    border-bottom:1px solid var(--rule)}
    thead th{color:var(--soft);font-size:12.5px;vertical-align:bottom}
    th.number,td.number{text-align:right;padding:7px 0 7px 16px}
    th.number+th:not(.number),td.number+td:not(.number){padding-left:16px}
    td.number{white-space:nowrap}
    .group th{font-weight:600;padding-top:18px}
    .emphasized th,.emphasized td{background:var(--wash);font-weight:600}
    .note,figcaption{color:var(--soft);font-size:13px}
    .note{margin:8px 0}
    figure{margin:14px 0;break-inside:avoid}figcaption{max-width:44em;margin-top:4px}
    .gallery{display:grid;grid-template-columns:repeat(auto-fit,minmax(320px,1fr));gap:6px 24px}
    .gallery.small{grid-template-columns:repeat(auto-fill,minmax(300px,1fr))}
    .gallery.wide{grid-template-columns:repeat(auto-fit,minmax(440px,1fr))}
    .pairs,.mistakes{display:grid;gap:16px;
    grid-template-columns:repeat(auto-fill,minmax(440px,1fr))}
    .card{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:14px 18px;
    break-inside:avoid}
    .card h3{margin:0 0 8px}.card p{margin:8px 0 0;font-size:14px}
    .mistake{display:grid;grid-template-columns:112px 1fr;gap:18px}
    .mistake img{display:block;image-rendering:pixelated;border-radius:6px;
    border:1px solid var(--rule);margin-bottom:6px;height:auto}
    .mistake small{display:block;overflow-wrap:anywhere;line-height:1.35}
    .mistake .calls{margin:0 0 6px;font-size:15px}
    .said{display:flex;flex-wrap:wrap;gap:2px 16px}
    .legend{display:flex;flex-wrap:wrap;gap:2px 18px;color:var(--soft);font-size:12.5px;
    margin:4px 0}
    .legend span{display:inline-flex;align-items:center;gap:7px}
    .flattery{display:flex;gap:22px;align-items:center;background:var(--card);
    border:1px solid var(--rule);border-left:4px solid var(--bad);border-radius:8px;
    padding:10px 20px;margin:14px 0}
    .flattery strong{font-size:30px;white-space:nowrap;color:var(--bad);
    text-decoration:line-through;text-decoration-thickness:2px}
    a.tile{color:var(--ink)}a.tile:hover{text-decoration:none;border-color:var(--soft)}
    .tile.good{border-top:4px solid var(--good)}.tile.open{border-top:4px solid var(--open)}
    .tile.bad{border-top:4px solid var(--bad)}
    .thumbnails{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:14px}
    .thumbnails figure{margin:0}.thumbnails img{display:block;width:100%;height:auto;
    border-radius:6px;border:1px solid var(--rule)}
    .thumbnails .refused img{border:2px solid var(--bad);opacity:.75}
    .thumbnails figcaption{overflow-wrap:anywhere}
    .pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(320px,1fr));gap:16px}
    .pictures img{display:block;max-width:100%;height:auto;border-radius:6px;
    border:1px solid var(--rule)}
    pre{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:12px 16px;
    overflow-x:auto;font:13px/1.5 ui-monospace,"DejaVu Sans Mono",monospace}
    details{margin:10px 0}summary{cursor:pointer;color:var(--blue);font-size:14px}
    @media (max-width:520px){.columns,.gallery,.gallery.wide,.pairs,.mistakes{
    grid-template-columns:1fr}h1{font-size:24px}}
    @media print{body{font-size:11pt;print-color-adjust:exact;-webkit-print-color-adjust:exact}
    header,main,footer{max-width:none;padding:0}h2{margin-top:28px;break-after:avoid}
    h3,h4{break-after:avoid}nav{display:none}tr,.tile{break-inside:avoid}
    .table{overflow:visible}table{font-size:8.5pt}th,td{padding:3px 6px 3px 0}
    th.number,td.number{padding:3px 0 3px 6px}
    td.number+td:not(.number){padding-left:8px}td.number{white-space:normal}}

    """

  private static let drawings = """
    svg{max-width:100%;height:auto;display:block;overflow:visible}
    td svg{max-width:none}
    .legend svg{display:inline;flex:none}
    svg text{font-size:11px;font-weight:400;fill:var(--soft)}
    svg .title{font-size:11.5px}svg .name{font-size:12.5px;fill:var(--ink)}
    svg .tiny{font-size:9px}svg .value{fill:var(--ink)}svg .on-fill{fill:var(--on-fill)}
    svg .line{fill:none;stroke-linejoin:round;stroke-linecap:butt}
    svg .grid{stroke:var(--rule);stroke-width:1}svg .axis,svg .tick{stroke:var(--soft)}
    svg .zero{stroke:var(--ink);stroke-width:1.2}
    svg .seed{stroke:var(--soft);stroke-width:1}svg .seed-dot{fill:var(--soft)}
    svg .cell{fill:var(--wash)}
    svg .whisker{stroke:var(--blue);stroke-width:1.5}
    svg .box{fill:var(--blue);fill-opacity:.35}
    svg .median{stroke:var(--blue);stroke-width:2.5}

    """
}
