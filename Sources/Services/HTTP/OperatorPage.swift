/// The operator's page: one screen, readable at three meters, without anything from elsewhere.
///
/// The state word, alarms with what to do, the live picture, slack, throughput, recipes,
/// composition, and the last hundred pieces, each of which answers why. By keyboard: arrows go from
/// piece to piece, Enter asks why, Escape closes; Tab goes to the recipes. What a color says, a
/// sign or a word says too.
enum OperatorPage {
  static let response: HTTPResponse = {
    var response = HTTPResponse(type: "text/html; charset=utf-8", body: Array(text.utf8))
    response.policy =
      "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
      + "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
      + "frame-ancestors 'none'"
    return response
  }()

  static var text: String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8"/>
    <meta name="viewport" content="width=device-width, initial-scale=1"/>
    <title>Mirage</title>
    <link rel="icon" href="data:,"/>
    <style>\(style)\(recipeStyle)</style>
    </head>
    <body data-look="wait">
    \(body)
    <script>\(script)</script>
    </body>
    </html>

    """
  }

  private static let body = """
    <header role="status" aria-live="polite">
      <span id="sign" aria-hidden="true">…</span>
      <div><h1 id="word">CONNECTING</h1><p id="sentence"></p></div>
      <div id="opc"><b id="state"></b><span id="age"></span></div>
    </header>
    <main>
      <section id="picture" aria-label="Live picture">
        <img id="view" alt="The belt, with each piece's outline, class and slack"/>
        <p id="noview">There is no picture yet.</p>
      </section>
      <section id="side">
        <div id="alarms" aria-label="Alarms"></div>
        <div class="figures">
          <div><b id="pieces">–</b><span>pieces in a minute</span></div>
          <div><b id="speed">–</b><span>m/s belt</span></div>
          <div><b id="rate">–</b><span>pictures a second</span></div>
        </div>
        <div class="box">
          <h2>Time left at decisions <span id="slackHalf"></span></h2>
          <p id="slackText"></p>
          <div id="gauge" role="img"><i id="slackBar"></i><i id="slackLeast"></i></div>
          <p class="scale"><span>too late</span><span id="third"></span>
          <span id="twoThirds"></span><span id="full"></span></p>
        </div>
        <div class="box">
          <h2>Recipe <span id="recipeNow"></span></h2>
          <div id="recipes"></div>
          <p id="recipeNote" role="status"></p>
        </div>
        <div class="box">
          <h2>Composition since the start <span id="total"></span></h2>
          <div id="composition"></div>
        </div>
      </section>
    </main>
    <footer>
      <h2>Last pieces <span>newest first; arrows and Enter ask why · <a id="toRecordings"
      href="/recordings">● Recordings</a> · <a id="toShadow" href="/shadow">Second opinion</a>
      </span></h2>
      <div id="strip" role="list"></div>
      <p id="accounts"></p>
    </footer>
    <dialog id="why" aria-labelledby="whyTitle">
      <h2 id="whyTitle"></h2>
      <div class="why">
        <img id="whyPicture" alt="The piece, with its outline"/>
        <div>
          <p id="whyText"></p>
          <h3>How sure, of each class</h3>
          <div id="votes"></div>
          <h3>In time?</h3>
          <div id="timing"></div>
        </div>
      </div>
      <button id="close" type="button">Close (Esc)</button>
    </dialog>
    \(recipeDialog)
    """
}
