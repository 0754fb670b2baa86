/// A real mercury-argon lamp before a real spectrometer: what is published of it.
///
/// A Mercury-argon pen lamp seen by an MSP1000 spectrometer (3648 pixels, serial number 174198458)
/// on 4 January 2019; only the pixels around its lines are kept, counts without their fraction.
/// Its factory's wavelengths are 39 to 41 nm too short and are what the tool starts from.
///
/// Source: Veitch-Michaelis, Lam, *RASCAL: Towards automated spectral wavelength calibration*,
/// Astronomical Data Analysis Software and Systems XXIX, 2020; example data `A620EBA HgCal.mspec`
/// of the package's repository, BSD 3-clause license. Differs: pixel numbers follow from the
/// file's wavelengths, whose steps were integrated; between the lines 220 counts stand for the
/// background.
enum MercuryArgonRecording {
  static let pixels = 3648

  /// First pixel of a window, and the counts from it on.
  private static let windows = """
    35: 309 341 354 464 489 1125 1946 2468 2936 2449 1805 1164 885 751 634 508 411 424 401 349
    233: 434 560 537 675 1703 5622 9060 11685 15710 11645 7223 4516 3072 2172 1531 1101 793 632 \
      605 454 407
    964: 328 369 447 576 1728 5900 8915 10186 12864 13337 8794 6226 4795 3587 2722 1879 1381 876 \
      669 503 401
    1180: 272 272 343 589 1249 1637 2051 2589 2299 1854 1319 1077 978 823 654 603 479 506 778 \
      1522 2061 2245 2331 2212 1843 1242 1102 913 810 716 591 530 469 394
    2067: 343 394 556 1239 3125 5258 6411 7078 6180 6098 4463 3149 3221 2819 2398 2050 1727 1368 \
      1060 924 724 634 554 495 463 393
    2147: 230 255 354 563 948 1598 1881 1825 1838 1814 1644 1205 1098 977 842 719 648 609 539 \
      458 489 403
    2212: 226 263 464 415 472 527 596 553 538 463 410 372 400 362 386 336 360 259
    2312: 344 329 406 684 1079 1443 1924 2409 2324 1998 1343 1230 1022 940 835 737 695 635 593 \
      517 513 464
    2402: 369 415 525 830 1685 2732 3444 3888 3909 3407 2859 2090 2054 1698 1607 1386 1183 1205 \
      941 824 644 612 538
    2500: 397 421 545 764 1321 2454 3637 4427 5044 5365 5432 4583 3602 3788 4072 4847 4752 4563 \
      4135 3989 3518 2530 2261 1947 1538 1349 1134 957 815 748 652 569
    2609: 568 566 714 964 1888 4577 8727 12191 12903 12555 14148 14263 11823 9024 7346 7373 5542 \
      5137 4625 3686 3152 2536 2108 1673 1384 1233 1001 805 750
    2685: 519 500 617 919 1964 3786 6160 7972 8292 7045 6982 8645 6945 6412 5084 4838 3350 3636 \
      2667 2158 1841 1403 1209 1008 812 676 610
    2879: 393 319 477 536 924 1497 2160 2684 2915 3173 3922 3461 3006 3112 2345 2386 1826 1596 \
      1266 1096 935 808 725 568 506
    2929: 301 346 426 492 633 1025 1747 2492 3075 3148 2995 3193 3692 3471 3427 3869 4084 4091 \
      3779 3802 3633 2544 2375 2071 1776 1434 1205 1085 975 813 756 633
    3017: 627 641 710 975 1474 2298 3240 3850 4273 4082 3746 4060 4098 3475 4153 5010 6343 6894 \
      7339 7403 7320 7634 7062 5525 4937 4104 3942 3146 2659 2269 1964 1762 1402 1279 1045 833
    3162: 443 554 650 856 1435 2497 3833 4747 5080 5439 6284 5963 4960 4519 3869 3104 3175 2545 \
      2487 2356 1930 1691 1427 1325 1150 933 829
    3295: 335 374 443 588 858 1223 1786 2093 2287 2792 3177 2980 2756 2721 2470 2161 1816 1895 \
      1756 2020 2271 2937 3679 4314 4394 4408 4740 4548 3325 2744 2369 1962 1826 1489 1385 1333 \
      1133 923
    3403: 307 413 465 577 905 1261 1568 1646 2004 2478 2520 2057 1642 1392 1210 998 876 918 852 \
      824 697 664 583
    """

  /// The recording with so many pixels added to one band, as a camera with wider pixels sees it.
  static func spectrum(binning: Int) -> [Double] {
    var counts = [Double](repeating: 220, count: pixels)
    for pixel in counts.indices { counts[pixel] += Double((pixel * 37 + pixel / 7) % 41) - 20 }
    for window in windows.split(separator: "\n") {
      let parts = window.split(separator: ":")
      let first = Int(parts[0]) ?? 0
      for (offset, value) in parts[1].split(separator: " ").enumerated() {
        counts[first + offset] = Double(value) ?? 0
      }
    }
    return (0..<(pixels / binning)).map { (band: Int) -> Double in
      let own = counts[(band * binning)..<((band + 1) * binning)]
      return own.reduce(0, +) / Double(binning)
    }
  }

  /// What the factory says of each band: its two ends and the bend between them.
  static func start(binning: Int) -> [Double] {
    let bands = pixels / binning
    return (0..<bands).map { (band: Int) -> Double in
      let u = (Double(band) + 0.5) / Double(bands)
      let bend: Double = 100 * u * (1 - u)
      return 358.9 + 476.4 * u + bend
    }
  }
}
