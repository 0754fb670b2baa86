/// The page of the second opinion: how far another recipe agrees, and the pieces of which it does
/// not.
enum ShadowPage {
  static let response = ListPage.response(title: "Second opinion", body: body, script: script)

  private static let body = """
    <nav><a href="/">← The line</a><h1>Second opinion</h1></nav>
    <p class="lead" id="lead" role="status">…</p>
    <p class="soft">The other recipe judges the same pieces when there is time. It never moves a
    valve.</p>
    <div id="trouble" role="alert"></div>
    <h2>What was what</h2>
    <div id="pairs"></div>
    <h2 id="cardsTitle">Where they disagree, newest first</h2>
    <ul id="cards" aria-label="Disagreements, newest first; arrows go from one to the next"></ul>
    """

  private static let script = #"""

    function tell(board, problem) {
      at("trouble").replaceChildren(...(problem ? [make("p", "■ " + problem, "bad")] : []));
      if (!board) { at("lead").textContent = ""; return; }
      if (board.trouble)
        at("trouble").append(make("p", "■ " + board.trouble.problem + " → " +
          board.trouble.remedy, "bad"));
      const judged = board.agreed + board.disagreed;
      at("lead").textContent = judged ? board.recipe + " agrees on " +
        percent(board.agreed / judged) + " of " + judged + " pieces; " + board.skipped +
        " more were not judged for want of time." :
        board.recipe + " has judged no piece yet; " + board.skipped +
        " were passed over for want of time.";
      showPairs(board.pairs);
      showCards(board.disagreements, one => one.piece, card);
      at("cardsTitle").textContent = "Where they disagree, newest first" +
        (board.disagreements.length ? "" : ": nowhere yet");
    }

    function showPairs(pairs) {
      const live = [...new Set(pairs.map(one => one.live))].sort();
      const other = [...new Set(pairs.map(one => one.shadow))].sort();
      const table = make("table"), head = make("tr");
      head.append(make("th", "in force ↓  second opinion →"));
      for (const name of other) head.append(make("th", name));
      table.append(head);
      for (const name of live) {
        const row = make("tr");
        row.append(make("th", name));
        for (const told of other) {
          const found = pairs.find(one => one.live === name && one.shadow === told);
          row.append(make("td", found ? (name === told ? "✓ " : "≠ ") + found.pieces : "",
            found ? (name === told ? "same" : "other") : ""));
        }
        table.append(row);
      }
      at("pairs").replaceChildren(...(pairs.length ? [table] : [make("p", "Nothing yet.")]));
    }

    function opinion(title, told) {
      const line = make("p");
      line.append(make("span", title + ": ", "soft"), make("strong", told.class),
        document.createTextNode((told.isEjected ? " ↑ blown out" : " stays") + ", " +
          (told.class === told.likeliest ? "" : told.likeliest + " ") +
          percent(told.confidence)));
      return line;
    }

    function card(one) {
      const item = make("li"), text = make("div"), picture = make("img");
      picture.alt = "Piece " + one.piece;
      picture.loading = "lazy";
      picture.src = "/api/shadow/" + one.piece + ".jpg";
      picture.onerror = () => { picture.style.visibility = "hidden"; };
      text.append(make("b", "Piece " + one.piece), opinion("in force", one.live),
        opinion("second", one.shadow),
        make("p", one.views + (one.views === 1 ? " view, " : " views, ") +
          one.squareMillimeters.toFixed(0) + " mm²", "soft"));
      item.append(picture, text);
      return item;
    }

    ask("/api/shadow", tell, 2);

    """#
}
