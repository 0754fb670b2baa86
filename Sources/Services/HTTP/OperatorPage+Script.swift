extension OperatorPage {
  /// Asks for the state twice a second and for the picture as often as it can be shown; texts are
  /// set as texts, so that no name of a class can become markup.
  static let script = lineScript + recipeScript

  private static let lineScript = #"""

    "use strict";
    const at = id => document.getElementById(id);
    const make = (tag, text, look) => {
      const element = document.createElement(tag);
      if (text !== undefined) element.textContent = text;
      if (look) element.className = look;
      return element;
    };
    const put = (id, text) => { if (at(id).textContent !== text) at(id).textContent = text; };
    const number = (value, digits = 0) =>
      value === undefined || value === null ? "–" : value.toFixed(digits);
    const percent = share => (100 * share).toFixed(share < .0995 ? 1 : 0) + " %";
    let state = null, heard = 0, shown = "";

    function colorOf(name) {
      const all = state.facts ? [state.facts, ...state.formerFacts] : [];
      const found = all.flatMap(one => one.classes).find(one => one.name === name);
      return found ? found.color : "#9aa4ad";
    }

    // What held when a piece was decided: recipes change, and their classes with them.
    function factsOf(piece) {
      return [state.facts, ...state.formerFacts].find(one => one && one.change === piece.change) ||
        state.facts;
    }

    function look(state) {
      if (state.state === "Error" || state.state === "Halted") return "bad";
      if (state.state === "ContinuousExecution") return state.isFit ? "good" : "poor";
      return state.alarms.some(one => one.isUnfit) ? "poor" : "wait";
    }

    const signs = { good: "▶", poor: "▲", bad: "■", wait: "‖" };

    function tell() {
      const kind = look(state);
      document.body.dataset.look = kind;
      put("sign", signs[kind]);
      put("word", state.word);
      put("sentence", state.sentence);
      put("state", state.state);
      put("age", state.ageSeconds === undefined ? "" :
        "picture " + number(state.ageSeconds, 1) + " s ago");
      document.title = signs[kind] + " " + state.word + " – Mirage";
      tellAlarms();
      const minute = state.minute, speed = state.beltMillimetersPerSecond;
      put("pieces", number(minute.pieces));
      put("speed", speed === undefined ? "–" : number(speed / 1000, 2));
      put("rate", number(minute.framesPerSecond, 1));
      tellSlack(minute);
      tellComposition();
      const frames = state.frames;
      put("accounts", (frames.decided + frames.late + frames.dropped + frames.lost) +
        " pictures = " + frames.decided + " decided + " + frames.late + " late + " +
        frames.dropped + " dropped + " + frames.lost + " lost · blasts " + state.blastsFired +
        " fired, " + state.blastsLate + " late" + (state.valves ? " · valves " +
        state.valves.state + ", " + state.valves.account.accepted + " accepted" : "") +
        (state.facts ? " · " + state.facts.bundle : "") +
        (state.facts && state.facts.configuration ? " · " + state.facts.configuration : ""));
      tellPieces();
      // What is not kept here has no link.
      at("toRecordings").hidden = !state.recording;
      at("toShadow").hidden = !state.shadow;
      put("toRecordings", (state.recording && state.recording.isRecording ? "● Recording now" :
        "Recordings"));
    }

    function tellAlarms() {
      const key = JSON.stringify(state.alarms);
      if (tellAlarms.key === key) return;
      tellAlarms.key = key;
      at("alarms").replaceChildren(...state.alarms.slice(0, 4).map(one => {
        const box = make("div", undefined, "alarm" + (one.isUnfit ? " unfit" : ""));
        box.append(make("b", (one.isUnfit ? "■ " : "▲ ") + one.problem),
          make("span", "→ " + one.remedy));
        return box;
      }));
      if (!state.alarms.length) at("alarms").append(make("div", "✓ No alarm", "quiet"));
    }

    function tellSlack(minute) {
      const least = minute.slackLeastMilliseconds, median = minute.slackMedianMilliseconds;
      const has = least !== undefined;
      at("slackBar").style.display = at("slackLeast").style.display = has ? "block" : "none";
      if (!has) { put("slackText", "–"); put("slackHalf", ""); return; }
      const full = [300, 900, 3000, 9000, 30000].find(any => any >= median) || 90000;
      const share = milliseconds => Math.max(0, Math.min(100, 100 * milliseconds / full));
      at("slackBar").style.width = share(median) + "%";
      at("slackLeast").style.left = "calc(" + share(least) + "% - .25vw)";
      put("third", full / 3 + " ms");
      put("twoThirds", 2 * full / 3 + " ms");
      put("full", full + " ms");
      const text = number(least) + " ms = " + number(minute.slackLeastMillimeters) +
        " mm at the least";
      put("slackHalf", "half: " + number(median) + " ms = " +
        number(minute.slackMedianMillimeters) + " mm");
      put("slackText", text);
      at("gauge").setAttribute("aria-label", text);
    }

    function row(name, color, share, text, isOut) {
      const line = make("div", undefined, "row"), bar = make("div", undefined, "bar");
      const fill = make("i");
      fill.style.width = 100 * share + "%";
      fill.style.background = color;
      bar.append(fill);
      line.append(make("span", (isOut ? "↑ " : "") + name, "name" + (isOut ? " out" : "")),
        bar, make("span", text));
      return [line, bar];
    }

    function tellComposition() {
      put("total", state.piecesDecided + " pieces, 95 % interval");
      at("composition").replaceChildren(...state.composition.slice(0, 8).map(one => {
        const facts = state.facts && state.facts.classes.find(any => any.name === one.class);
        const [line, bar] = row(one.class, colorOf(one.class), one.share,
          percent(one.share) + " (" + percent(one.low) + "–" + percent(one.high) + ")",
          facts && facts.isEjected);
        const range = make("u");
        range.style.left = 100 * one.low + "%";
        range.style.width = 100 * (one.high - one.low) + "%";
        bar.append(range);
        return line;
      }));
    }

    function tellPieces() {
      const key = state.pieces.map(one => one.piece).join();
      if (key === shown) return;
      shown = key;
      const strip = at("strip"), old = new Map();
      const focused = document.activeElement && document.activeElement.dataset.piece;
      for (const tile of strip.children) old.set(tile.dataset.piece, tile);
      strip.replaceChildren(...state.pieces.map(one => old.get("" + one.piece) || tile(one)));
      // Whoever stands on a piece stays on it while newer ones come.
      if (focused && old.has(focused) && strip.contains(old.get(focused)))
        old.get(focused).focus({ preventScroll: true });
    }

    function tile(piece) {
      const button = make("button", undefined, piece.isLate ? "late" : "");
      button.type = "button";
      button.dataset.piece = piece.piece;
      button.setAttribute("role", "listitem");
      button.setAttribute("aria-label", "Why piece " + piece.piece + ", " + piece.class + "?");
      if (!piece.isLate) button.style.borderColor = colorOf(piece.class);
      const picture = make("img");
      picture.alt = "";
      picture.loading = "lazy";
      picture.src = "/api/pieces/" + piece.piece + ".jpg";
      picture.onerror = () => { picture.style.visibility = "hidden"; };
      button.append(picture, make("div", (piece.isLate ? "late " : piece.isEjected ? "↑ " : "") +
        piece.class), make("div", percent(piece.confidence) + " why?"));
      button.onclick = () => explain(piece);
      return button;
    }

    function explain(piece) {
      put("whyTitle", "Why piece " + piece.piece + " is " + piece.class);
      at("whyPicture").src = "/api/pieces/" + piece.piece + ".jpg";
      at("whyText").textContent = reason(piece);
      const facts = factsOf(piece), classes = facts ? facts.classes : [];
      at("votes").replaceChildren(...classes.map((one, index) => {
        const share = piece.probabilities[index] || 0;
        const [line, bar] = row(one.name, one.color, share,
          percent(share) + (one.threshold > 0 ? ", needs " + percent(one.threshold) : ""),
          one.isEjected);
        const mark = make("s");
        mark.style.left = 100 * one.threshold + "%";
        bar.append(mark);
        return line;
      }));
      tellTiming(piece);
      at("why").showModal();
      at("close").focus();
    }

    function reason(piece) {
      const held = factsOf(piece);
      const facts = held && held.classes.find(one => one.name === piece.class);
      let text = piece.views + (piece.views === 1 ? " picture of it says " :
        " pictures of it say ") +
        piece.likeliest + " with " + percent(piece.confidence) + ". ";
      if (piece.class !== piece.likeliest)
        text += "That is not sure enough, or it is unlike all that was taught: it counts as " +
          piece.class + ". ";
      if (piece.isEjected) text += "This class is blown out. ";
      else if (piece.isLate) text += "It was decided too late to blow at it; it stays. ";
      else text += (facts && facts.isEjected ? "" : "This class stays on the belt. ");
      return text + number(piece.squareMillimeters) + " mm², " +
        number(piece.acrossMillimeters) + " mm across the belt." +
        (held && held.recipe ? " Recipe: " + held.recipe + "." : "");
    }

    function tellTiming(piece) {
      const box = at("timing"), start = piece.exposedAt;
      const end = Math.max(piece.deadline || 0, piece.decidedAt) + .02;
      const place = time => 100 * (time - start) / (end - start) + "%";
      const work = make("i");
      work.style.left = "0";
      work.style.width = place(piece.decidedAt);
      const parts = [work];
      const mark = (time, text, below) => {
        const line = make("b"), label = make("span", text);
        line.style.left = label.style.left = place(time);
        if (below) label.style.top = "6.6vh";
        if (time - start > .6 * (end - start)) label.style.transform = "translateX(-100%)";
        parts.push(line, label);
      };
      mark(start, "exposed", false);
      mark(piece.decidedAt, "decided after " + number(1000 * (piece.decidedAt - start)) + " ms",
        true);
      if (piece.deadline !== undefined)
        mark(piece.deadline, "too late from here, " + number(piece.slackMilliseconds) +
          " ms left", false);
      box.replaceChildren(...parts);
    }

    // A link to a piece, as /#piece-12 or /#piece-newest, opens it once.
    function follow() {
      const found = /^#piece-(\d+|newest)$/.exec(location.hash);
      if (!found || !state.pieces.length || follow.done === location.hash) return;
      follow.done = location.hash;
      const piece = found[1] === "newest" ? state.pieces[0] :
        state.pieces.find(one => one.piece === +found[1]);
      if (piece) explain(piece);
    }

    at("close").onclick = () => at("why").close();

    document.addEventListener("keydown", event => {
      const tiles = [...at("strip").children];
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step || !tiles.length || at("why").open || at("ask").open) return;
      const now = tiles.indexOf(document.activeElement);
      tiles[now < 0 ? 0 : Math.max(0, Math.min(tiles.length - 1, now + step))].focus();
      event.preventDefault();
    });

    async function ask() {
      try {
        const answer = await fetch("/api/state", { signal: AbortSignal.timeout(2000) });
        state = await answer.json();
        heard = Date.now();
        tell();
        follow();
      } catch (error) {
        if (Date.now() - heard > 2500) {
          document.body.dataset.look = "bad";
          put("sign", "■");
          put("word", "NO ANSWER");
          put("sentence", "The daemon does not answer. What stands below is old: call service.");
        }
      }
      setTimeout(ask, 500);
    }

    function see() {
      const next = new Image();
      next.onload = () => {
        at("view").src = next.src;
        at("view").style.display = "block";
        at("noview").style.display = "none";
        setTimeout(see, 150);
      };
      next.onerror = () => setTimeout(see, 1000);
      next.src = "/api/view.jpg?" + Date.now();
    }

    ask();
    see();

    """#
}
