extension OperatorPage {
  /// Shows the recipes and asks for another one: what would change, who asks, why, and the token,
  /// which stays in this tab alone and goes nowhere but into the header of the request.
  static let recipeScript = #"""

    let board = null, wish = null;

    function tellRecipes() {
      const key = JSON.stringify(board);
      if (tellRecipes.key === key) return;
      tellRecipes.key = key;
      put("recipeNow", board.inForce || "as the run began");
      const latest = board.latest, isBusy = latest && latest.progress === "preparing";
      const focused = document.activeElement && document.activeElement.dataset.recipe;
      const buttons = board.closed ? [] : board.recipes.map(row => recipeButton(row, isBusy));
      if (!board.closed && board.former) buttons.push(revertButton(board.former, isBusy));
      at("recipes").replaceChildren(...buttons);
      const again = buttons.find(one => one.dataset.recipe === focused);
      if (focused && again) again.focus({ preventScroll: true });
      put("recipeNote", board.closed || latestSentence(latest));
      at("recipeNote").className = latest && latest.progress === "refused" ? "refused" : "";
    }

    function latestSentence(latest) {
      if (!latest) return board.recipes.length ? "" : "There are no recipes in the folder.";
      const name = latest.configuration || latest.recipe;
      const what = name ? "“" + name + "”" : "what was before";
      if (latest.progress === "preparing") return "… " + what + " is being made ready.";
      if (latest.progress === "done")
        return "✓ " + what + ", by " + latest.who + ": " + latest.why +
          (latest.problem ? " (" + latest.problem + ")" : "");
      return "■ " + what + " was refused, sorting goes on as before: " + latest.problem;
    }

    function recipeButton(row, isBusy) {
      const card = row.card;
      const button = make("button", undefined, row.isInForce ? "now" : "");
      button.type = "button";
      button.dataset.recipe = "recipe " + card.name;
      button.append(make("b", (row.isInForce ? "✓ " : card.problem ? "✗ " : "") + card.name),
        make("span", card.problem ? "not usable: " + card.problem :
          (card.ejected.length ? "↑ " + card.ejected.join(", ") : "blows nothing out") +
          (card.note ? " · " + card.note : "")));
      button.disabled = isBusy || row.isInForce || !!card.problem;
      if (row.isInForce) button.setAttribute("aria-current", "true");
      button.onclick = () =>
        confirmChange(card.name, "Sort by “" + card.name + "”?", row.changes);
      return button;
    }

    function revertButton(row, isBusy) {
      const name = row.card.name || "as the run began";
      const button = make("button", undefined, "back");
      button.type = "button";
      button.dataset.recipe = "revert";
      button.append(make("b", "↶ Back"), make("span", "to “" + name + "”, at once"));
      button.disabled = isBusy;
      button.onclick = () => confirmChange(null, "Back to “" + name + "”?", row.changes);
      return button;
    }

    function confirmChange(recipe, title, changes) {
      wish = { recipe };
      put("askTitle", title);
      at("askChanges").replaceChildren(...(changes.length ? changes :
        ["Nothing changes but what its bundle may hold."]).map(one => make("li", one)));
      at("who").value = sessionStorage.getItem("mirage-who") || "";
      at("reason").value = "";
      askForToken(!sessionStorage.getItem("mirage-token"));
      put("askProblem", "");
      at("askYes").disabled = false;
      at("ask").showModal();
      at(at("who").value ? "reason" : "who").focus();
    }

    function askForToken(isAsked) {
      at("tokenRow").style.display = isAsked ? "" : "none";
      at("token").value = "";
    }

    async function sendWish() {
      const who = at("who").value.trim(), why = at("reason").value.trim();
      const token = sessionStorage.getItem("mirage-token") || at("token").value.trim();
      const empty = !who ? "who" : !why ? "reason" : !token ? "token" : null;
      if (empty) {
        put("askProblem", "■ This is needed: " +
          { who: "who you are", reason: "why", token: "the token" }[empty] + ".");
        at(empty).focus();
        return;
      }
      at("askYes").disabled = true;
      let problem = "The daemon does not answer.", status = 0;
      try {
        const answer = await fetch("/api/recipe" + (wish.recipe === null ? "/revert" : ""), {
          method: "POST", signal: AbortSignal.timeout(5000),
          headers: { "Authorization": "Bearer " + token, "Content-Type": "application/json" },
          body: JSON.stringify(wish.recipe === null ? { who, why } :
            { recipe: wish.recipe, who, why }),
        });
        status = answer.status;
        const text = await answer.text();
        try { problem = JSON.parse(text).problem; } catch (error) { problem = text; }
      } catch (error) { /* What stands in 'problem' is all that is known. */ }
      at("askYes").disabled = false;
      if (status === 202) {
        sessionStorage.setItem("mirage-token", token);
        sessionStorage.setItem("mirage-who", who);
        at("ask").close();
        clearTimeout(askRecipes.next);
        askRecipes();
        return;
      }
      if (status === 401) {
        sessionStorage.removeItem("mirage-token");
        askForToken(true);
        at("token").focus();
      }
      put("askProblem", "■ " + problem);
    }

    async function askRecipes() {
      try {
        const answer = await fetch("/api/recipes", { signal: AbortSignal.timeout(2000) });
        if (!answer.ok) throw new Error();
        board = await answer.json();
        tellRecipes();
      } catch (error) { /* The big word already says that nobody answers. */ }
      const isBusy = board && board.latest && board.latest.progress === "preparing";
      askRecipes.next = setTimeout(askRecipes, isBusy ? 300 : 3000);
    }

    at("askYes").onclick = sendWish;
    at("askNo").onclick = () => at("ask").close();
    for (const id of ["who", "reason", "token"]) {
      at(id).addEventListener("keydown", event => {
        if (event.key === "Enter") { event.preventDefault(); sendWish(); }
      });
    }
    for (const button of document.querySelectorAll("#reasons button")) {
      button.onclick = () => { at("reason").value = button.textContent; at("askYes").focus(); };
    }

    askRecipes();

    """#

  /// The dialog in which a change is confirmed.
  static let recipeDialog = """
    <dialog id="ask" aria-labelledby="askTitle">
      <h2 id="askTitle"></h2>
      <ul id="askChanges"></ul>
      <div class="field"><label for="who">Who</label><input id="who" maxlength="60"/></div>
      <div class="field"><label for="reason">Why</label><input id="reason" maxlength="200"/></div>
      <div id="reasons"><button type="button">new lot</button><button type="button">wrong material
      </button><button type="button">trial</button></div>
      <div class="field" id="tokenRow"><label for="token">Token</label>
      <input id="token" type="password" autocomplete="off"/></div>
      <p id="askProblem" role="alert"></p>
      <button id="askYes" type="button">Change now</button>
      <button id="askNo" type="button">Cancel (Esc)</button>
    </dialog>
    """

  static let recipeStyle = #"""

    #recipes { display: flex; gap: .5vw; overflow-x: auto; padding: .4vh 0; }
    #recipes button { flex: 1 0 22%; max-width: 50%; min-height: 6.4vh; padding: .5vh .6vw;
      text-align: left; background: #2b4a6b; color: #fff; border: .3vh solid #7fb2e5;
      font-family: inherit; font-weight: 600; font-size: 1.8vh; line-height: 1.2;
      overflow: hidden; }
    #recipes button b { display: block; font-size: 2.4vh; }
    #recipes button span { display: block; font-weight: 500; white-space: nowrap;
      overflow: hidden; text-overflow: ellipsis; }
    #recipes button:disabled { background: #1c242b; border-style: dashed; border-color: #667; }
    #recipes button.now:disabled { border: .5vh solid #fff; background: #35424c; }
    #recipes button.back { background: #4a3b00; border-color: #f0b400; }
    #recipes button.back:disabled { background: #1c242b; }
    #recipeNote { font-size: 1.9vh; color: #b9c4cc; }
    #recipeNote.refused { color: #fff; background: #b3141f; padding: .3vh .6vw; }
    #ask { width: 56vw; }
    #askChanges { font-size: 2.6vh; margin: 0 0 1.5vh 1.5em; }
    .field { display: grid; grid-template-columns: 16% 1fr; align-items: center;
      font-size: 2.4vh; margin-bottom: 1vh; }
    .field input { font-family: inherit; font-size: 2.4vh; padding: 1vh;
      background: #fff; color: #111; border: .3vh solid #7fb2e5; }
    .field input:focus-visible { outline: .5vh solid #f0b400; }
    #reasons { margin: 0 0 1.2vh 16%; display: flex; gap: .6vw; }
    #reasons button, #askYes, #askNo { font-family: inherit; font-size: 2.2vh;
      padding: 1.1vh 1.4vw; }
    #askYes, #askNo { font-weight: 700; font-size: 2.8vh; padding: 1.6vh 2vw; }
    #askYes { background: #f0b400; color: #1a1400; border: .4vh solid #fff; }
    #askProblem { font-size: 2.3vh; min-height: 1.4em; color: #ffb3b3; }

    """#
}
