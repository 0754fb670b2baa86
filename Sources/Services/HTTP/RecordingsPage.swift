/// The page of recordings: what was recorded, why, and a button that records what happens now.
enum RecordingsPage {
  static let response = ListPage.response(title: "Recordings", body: body, script: script)

  private static let body = """
    <nav><a href="/">← The line</a><h1>Recordings</h1>
    <button id="record" type="button">● Record now (R)</button></nav>
    <p class="lead" id="lead" role="status">…</p>
    <div id="trouble" role="alert"></div>
    <ul id="cards" aria-label="Recordings, newest first; arrows go from one to the next"></ul>
    <h2>What to do with one</h2>
    <p>It is a folder of pictures with times, belt positions and calibration. Sort it again by two
    recipes and see what changes:</p>
    <p><code id="replay"></code></p>
    <dialog id="ask" aria-labelledby="askTitle">
      <h2 id="askTitle">Record what happens now?</h2>
      <p id="askText"></p>
      <div class="field"><label for="who">Who</label><input id="who" maxlength="60"/></div>
      <div class="field"><label for="why">Why</label><input id="why" maxlength="200"/></div>
      <div class="field"><label for="token">Token</label>
      <input id="token" type="password" autocomplete="off"/></div>
      <p id="askProblem" role="alert"></p>
      <button id="yes" type="button">Record</button>
      <button id="no" class="plain" type="button">Cancel (Esc)</button>
    </dialog>
    """

  private static let script = #"""

    const words = { alarm: "▲ Alarm", late: "◷ Too late", uncertain: "? Not known",
      asked: "● Asked for" };

    function tell(board, problem) {
      at("trouble").replaceChildren(...(problem ? [make("p", "■ " + problem, "bad")] : []));
      at("record").disabled = !board;
      if (!board) { at("lead").textContent = ""; return; }
      if (board.trouble)
        at("trouble").append(make("p", "■ " + board.trouble.problem + " → " +
          board.trouble.remedy, "bad"));
      at("lead").textContent = (board.isRecording ? "● Recording now. " : "") +
        (board.recordings.length ? board.recordings.length + " kept, " + bytes(board.bytes) :
        "None yet") + ", in " + board.folder + ". The last " + board.secondsBefore +
        " s are always at hand (" + board.framesInMemory + " pictures, " +
        bytes(board.bytesInMemory) + "); " + board.framesMissed +
        " pictures were missed for want of time.";
      at("askText").textContent = "The " + board.secondsBefore + " s before this moment and the " +
        board.secondsAfter + " s after it are kept.";
      const first = board.recordings[0];
      at("replay").textContent = "miraged replay --frames " + board.folder + "/" +
        (first ? first.name : "NAME") + " --before a.json5 --after b.json5 --out changes.html";
      showCards(board.recordings, one => one.name, card);
    }

    function card(one) {
      const item = make("li"), text = make("div"), picture = make("img");
      const folder = "/api/recordings/" + one.name + "/";
      picture.alt = "The belt at the event";
      picture.loading = "lazy";
      if (one.picture) picture.src = folder + one.picture;
      text.append(make("b", words[one.reasons[0].kind] + ", " +
        new Date(one.at).toLocaleString()));
      const why = [...new Set(one.reasons.map(any => any.text))];
      text.append(make("p", why.slice(0, 3).join("; ") +
        (why.length > 3 ? "; and " + (why.length - 3) + " more" : "")));
      text.append(make("p", one.secondsBefore.toFixed(1) + " s before, " +
        one.secondsAfter.toFixed(1) + " s after: " + one.frames + " pictures" +
        (one.framesMissed ? " (" + one.framesMissed + " missed)" : "") + ", " + one.pieces +
        " pieces, " + bytes(one.bytes) + (one.isCut ? ", cut short" : ""), "soft"));
      const link = make("a", one.name);
      link.href = folder + "event.json";
      text.append(link);
      item.append(picture, text);
      return item;
    }

    function begin() {
      at("who").value = sessionStorage.getItem("mirage-who") || "";
      at("why").value = "";
      at("token").value = sessionStorage.getItem("mirage-token") || "";
      at("askProblem").textContent = "";
      at("ask").showModal();
      at(at("who").value ? "why" : "who").focus();
    }

    async function record() {
      const who = at("who").value.trim(), why = at("why").value.trim();
      const token = at("token").value.trim();
      const empty = !who ? "who" : !why ? "why" : !token ? "token" : null;
      if (empty) {
        at("askProblem").textContent = "■ This is needed: " +
          { who: "who you are", why: "why", token: "the token" }[empty] + ".";
        at(empty).focus();
        return;
      }
      let problem = "The daemon does not answer.", status = 0;
      try {
        const answer = await fetch("/api/recording", {
          method: "POST", signal: AbortSignal.timeout(5000),
          headers: { "Authorization": "Bearer " + token, "Content-Type": "application/json" },
          body: JSON.stringify({ who, why }),
        });
        status = answer.status;
        const text = await answer.text();
        try { problem = JSON.parse(text).problem; } catch (error) { problem = text; }
      } catch (error) { /* What stands in 'problem' is all that is known. */ }
      if (status === 202) {
        sessionStorage.setItem("mirage-token", token);
        sessionStorage.setItem("mirage-who", who);
        at("ask").close();
        ask("/api/recordings", tell, 2);
        return;
      }
      if (status === 401) sessionStorage.removeItem("mirage-token");
      at("askProblem").textContent = "■ " + problem;
    }

    at("record").onclick = begin;
    at("yes").onclick = record;
    at("no").onclick = () => at("ask").close();
    for (const id of ["who", "why", "token"]) {
      at(id).addEventListener("keydown", event => {
        if (event.key === "Enter") { event.preventDefault(); record(); }
      });
    }
    document.addEventListener("keydown", event => {
      if (event.key.toLowerCase() === "r" && !event.ctrlKey && !event.metaKey &&
        !at("ask").open && !at("record").disabled) { event.preventDefault(); begin(); }
    });
    ask("/api/recordings", tell, 2);

    """#
}
