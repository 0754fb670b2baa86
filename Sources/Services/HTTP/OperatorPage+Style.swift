extension OperatorPage {
  /// Sizes follow the screen's height, so that a wall screen is as readable as a panel.
  static let style = #"""

    * { box-sizing: border-box; margin: 0; }
    html, body { height: 100%; }
    body { background: #0e1216; color: #f2f5f7; display: flex; flex-direction: column;
      font: 500 2.1vh/1.3 "DejaVu Sans", system-ui, sans-serif; overflow: hidden; }
    header { display: flex; align-items: center; gap: 2vw; padding: 1vh 2vw; background: #3a4550; }
    header h1 { font-size: 8.4vh; line-height: 1; letter-spacing: .01em; white-space: nowrap; }
    header p { font-size: 2.9vh; }
    #sign { font-size: 9vh; line-height: 1; width: 11vh; text-align: center; }
    #opc { margin-left: auto; text-align: right; font-size: 2.6vh; }
    #opc span { display: block; }
    body[data-look=good] header { background: #00695c; }
    body[data-look=poor] header { background: #f0b400; color: #1a1400; }
    body[data-look=bad] header { background: #b3141f; }
    main { flex: 1; min-height: 0; display: flex; gap: 1vw; padding: 1vh 1vw; }
    #picture { flex: 1; min-width: 0; background: #000; position: relative; }
    #view { width: 100%; height: 100%; object-fit: contain; display: none; }
    #noview { position: absolute; inset: 45% 0 auto; text-align: center; font-size: 3vh; }
    #side { flex: 1; scrollbar-color: #667 #0e1216; min-width: 0; display: flex;
      flex-direction: column; gap: .7vh;
      overflow: auto; }
    .alarm { background: #f0b400; color: #1a1400; padding: .5vh 1vw; margin-bottom: .5vh;
      line-height: 1.2; }
    .alarm.unfit { background: #b3141f; color: #fff; }
    .alarm b { font-size: 2.6vh; display: block; }
    .alarm span { font-size: 2.3vh; }
    .quiet { padding: .8vh 1vw; background: #1c242b; font-size: 2.5vh; }
    .figures { display: flex; gap: .6vw; }
    .figures div { flex: 1; background: #1c242b; padding: .6vh .8vw; }
    .figures b { font-size: 4.4vh; line-height: 1.1; display: block; }
    .figures span { font-size: 1.8vh; color: #b9c4cc; }
    .box { background: #1c242b; padding: .6vh 1vw; }
    h2 { font-size: 2.1vh; font-weight: 700; }
    h2 a { color: #7fb2e5; }
    h2 span { font-weight: 500; color: #b9c4cc; float: right; }
    #slackText { font-weight: 700; font-size: 2.8vh; line-height: 1.2; }
    #gauge { position: relative; height: 2.8vh; background: #35424c;
      border-left: 1vw solid #b3141f; }
    #gauge i { position: absolute; top: 0; bottom: 0; display: none; }
    #slackBar { left: 0; background: #7fd8c8; opacity: .75; }
    #slackLeast { width: .5vw; background: #fff; outline: 2px solid #0e1216; }
    .scale { display: flex; justify-content: space-between; font-size: 1.7vh; color: #b9c4cc; }
    .row { display: grid; grid-template-columns: 24% 1fr 34%; gap: .6vw; align-items: center;
      font-size: 2vh; }
    .row .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .row .bar { position: relative; height: 1.9vh; background: #35424c; }
    .row .bar i { position: absolute; top: 0; bottom: 0; left: 0; }
    .row .bar u { position: absolute; top: 35%; bottom: 35%; background: #fff;
      outline: 1px solid #0e1216; }
    .row .bar s { position: absolute; top: -10%; bottom: -10%; width: 3px; background: #fff; }
    .row .out { font-weight: 700; }
    #accounts { font-size: 1.6vh; color: #b9c4cc; white-space: nowrap; overflow: hidden; }
    footer { padding: 0 1vw 1vh; }
    #strip { display: flex; gap: .5vw; overflow-x: auto; padding: .4vh;
      scrollbar-color: #667 #0e1216; }
    #strip button { flex: 0 0 11.5vh; border: .5vh solid #667; background: #1c242b; color: #fff;
      padding: .3vh; font: 600 1.7vh/1.2 inherit; font-family: inherit; text-align: center; }
    #strip button img { width: 100%; height: 8.5vh; object-fit: contain; background: #000;
      display: block; }
    #strip button.late { border-style: dashed; border-color: #ff6b6b; }
    button:focus-visible { outline: .5vh solid #fff; outline-offset: .2vh; }
    dialog { margin: auto; width: 82vw; max-height: 92vh; background: #1c242b; color: #f2f5f7;
      border: .4vh solid #fff; padding: 2vh 2vw; }
    dialog::backdrop { background: rgba(0, 0, 0, .7); }
    dialog h2 { font-size: 4vh; margin-bottom: 1vh; }
    dialog h3 { font-size: 2.1vh; color: #b9c4cc; margin: 1.2vh 0 .4vh; }
    .why { display: flex; gap: 2vw; }
    .why img { width: 30vw; height: 44vh; object-fit: contain; background: #000;
      image-rendering: pixelated; }
    .why > div { flex: 1; }
    #whyText { font-size: 2.6vh; }
    #timing { position: relative; height: 9vh; background: #35424c; }
    #timing i { position: absolute; top: 0; height: 4vh; background: #7fd8c8; }
    #timing b { position: absolute; top: 0; height: 4vh; width: 4px; background: #fff; }
    #timing span { position: absolute; top: 4.4vh; font-size: 1.9vh; white-space: nowrap; }
    #close { margin-top: 1.5vh; font: 700 2.6vh/1 inherit; font-family: inherit;
      padding: 1.2vh 2vw; }

    """#
}
