/// What the pages of recordings and of the second opinion have in common: the operator's page's
/// colors and sizes, cards in a list, and nothing from elsewhere.
enum ListPage {
  /// A page whose script fills its body; the same rules for browsers as for the operator's page.
  static func response(title: String, body: String, script: String) -> HTTPResponse {
    let text = """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <title>\(title) – Mirage</title>
      <link rel="icon" href="data:,"/>
      <style>\(style)</style>
      </head>
      <body>
      \(body)
      <script>\(helpers)\(script)</script>
      </body>
      </html>

      """
    var response = HTTPResponse(type: "text/html; charset=utf-8", body: Array(text.utf8))
    response.policy = OperatorPage.response.policy
    return response
  }

  private static let style = #"""

    * { box-sizing: border-box; margin: 0; }
    body { background: #0e1216; color: #f2f5f7; padding: 2vh 2vw;
      font: 500 18px/1.4 "DejaVu Sans", system-ui, sans-serif; }
    a { color: #7fb2e5; }
    h1 { font-size: 34px; }
    h2 { font-size: 22px; margin: 22px 0 8px; }
    nav { display: flex; align-items: center; gap: 24px; flex-wrap: wrap; margin-bottom: 10px; }
    nav a { font-size: 20px; }
    .lead { font-size: 21px; margin: 8px 0; }
    .bad { background: #b3141f; color: #fff; padding: 8px 14px; margin: 8px 0; }
    .soft { color: #b9c4cc; }
    #cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(430px, 1fr));
      gap: 12px; list-style: none; padding: 0; }
    #cards li { background: #1c242b; padding: 12px; display: flex; gap: 14px;
      border-left: 8px solid #667; }
    #cards img { width: 150px; height: 112px; object-fit: contain; background: #000;
      flex: none; }
    #cards b { font-size: 20px; display: block; }
    #cards p { overflow-wrap: anywhere; }
    #cards li:focus { outline: 4px solid #fff; outline-offset: 2px; }
    table { border-collapse: collapse; background: #1c242b; }
    th, td { padding: 6px 14px; text-align: right; border: 1px solid #35424c; }
    th { font-weight: 700; color: #b9c4cc; }
    td.same { background: #00564c; font-weight: 700; }
    td.other { background: #4a3b00; font-weight: 700; }
    button { font: 700 20px/1 "DejaVu Sans", system-ui, sans-serif; padding: 14px 22px;
      background: #f0b400; color: #1a1400; border: 3px solid #fff; }
    button.plain { background: #2b4a6b; color: #fff; border-color: #7fb2e5; }
    button:focus-visible, a:focus-visible, input:focus-visible { outline: 4px solid #fff;
      outline-offset: 2px; }
    dialog { margin: auto; width: min(760px, 94vw); background: #1c242b; color: #f2f5f7;
      border: 3px solid #fff; padding: 22px; }
    dialog::backdrop { background: rgba(0, 0, 0, .7); }
    .field { display: grid; grid-template-columns: 100px 1fr; align-items: center;
      margin: 10px 0; }
    .field input { font: inherit; padding: 9px; background: #fff; color: #111;
      border: 2px solid #7fb2e5; }
    #askProblem { color: #ffb3b3; min-height: 1.5em; }
    code { background: #0e1216; padding: 2px 6px; overflow-wrap: anywhere; }

    """#

  private static let helpers = #"""

    "use strict";
    const at = id => document.getElementById(id);
    const make = (tag, text, look) => {
      const element = document.createElement(tag);
      if (text !== undefined) element.textContent = text;
      if (look) element.className = look;
      return element;
    };
    const percent = share => (100 * share).toFixed(share < .0995 ? 1 : 0) + " %";
    const bytes = count => count < 1e6 ? (count / 1e3).toFixed(0) + " kB" :
      count < 1e9 ? (count / 1e6).toFixed(0) + " MB" : (count / 1e9).toFixed(1) + " GB";

    async function ask(path, tell, seconds) {
      let told = null;
      try {
        const answer = await fetch(path, { signal: AbortSignal.timeout(4000) });
        told = await answer.json();
        if (!answer.ok) { tell(null, told.problem); return; }
        tell(told, null);
      } catch (error) { tell(null, "The daemon does not answer."); }
      clearTimeout(ask.next);
      ask.next = setTimeout(() => ask(path, tell, seconds), 1000 * seconds);
    }

    // Cards that are there already stay, so that whoever stands on one stays on it.
    function showCards(all, keyOf, build) {
      const list = at("cards"), old = new Map();
      const focused = document.activeElement;
      for (const card of list.children) old.set(card.dataset.key, card);
      const cards = all.map(one => {
        const key = "" + keyOf(one);
        if (old.has(key)) return old.get(key);
        const card = build(one);
        card.dataset.key = key;
        card.tabIndex = 0;
        return card;
      });
      if (cards.length === list.children.length &&
        cards.every((card, index) => card === list.children[index])) return;
      list.replaceChildren(...cards);
      if (focused && list.contains(focused)) focused.focus({ preventScroll: true });
    }

    document.addEventListener("keydown", event => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step || !at("cards").contains(document.activeElement)) return;
      const cards = [...at("cards").children];
      const next = cards[cards.indexOf(document.activeElement) + step];
      if (next) { next.focus(); event.preventDefault(); }
    });

    """#
}
