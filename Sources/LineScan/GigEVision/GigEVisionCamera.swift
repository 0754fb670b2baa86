#if GigEVision
  import CAravis
  import Diagnostics
  import Foundation
  import Units

  /// One opened camera, from control to the end of its stream; all calls on one thread.
  final class GigEVisionCamera {
    /// What came out of the stream.
    enum Arrival {
      /// Nothing within the time asked for.
      case nothing
      /// A frame that is not whole, or of another size.
      case damaged
      case line(WireLine)
    }

    let format: LineFormat
    /// Whether frames come only when something triggers them.
    let isTriggered: Bool
    private let name: String
    private let camera: UnsafeMutablePointer<ArvCamera>
    private var stream: UnsafeMutablePointer<ArvStream>?
    private var counter = FrameCounter()

    /// Opens, stops, sets up and starts the camera at `address`.
    ///
    /// By address rather than by name: a search may find the camera behind another network
    /// interface, through which no frame comes.
    init(_ address: String, settings: GigEVisionSettings, unless isStopped: () -> Bool) throws {
      name = "gige:\(address)"
      camera = try Self.open(
        address, name: name, patience: settings.patience, unless: isStopped)
      do {
        try Self.setUp(camera, settings: settings, name: name)
        format = try Self.readFormat(camera, settings: settings, name: name)
        // A camera without the feature cannot wait for a trigger.
        isTriggered = (try? Self.text("TriggerMode", of: camera, name: name)) == "On"
        stream = try Self.start(camera, bufferCount: settings.bufferCount, name: name)
      } catch {
        g_object_unref(UnsafeMutableRawPointer(camera))
        throw error
      }
    }

    deinit {
      // A camera that does not answer any more needs no stopping; it would take seconds.
      if isControlled { arv_camera_stop_acquisition(camera, nil) }
      if let stream { g_object_unref(UnsafeMutableRawPointer(stream)) }
      g_object_unref(UnsafeMutableRawPointer(camera))
    }

    /// Whether the camera still obeys us.
    var isControlled: Bool { mirage_is_controller(arv_camera_get_device(camera)) != 0 }

    /// Makes the camera take one line, where its trigger is the software.
    func trigger() throws(Complaint) {
      try Self.call(name, "cannot be triggered") { arv_camera_software_trigger(camera, &$0) }
    }

    /// The next frame; its buffer is given back at once, so that the network never lacks one.
    func next(within patience: Duration) -> Arrival {
      guard let stream,
        let buffer = arv_stream_timeout_pop_buffer(stream, UInt(patience.seconds * 1e6))
      else { return .nothing }
      defer { arv_stream_push_buffer(stream, buffer) }
      var size = 0
      guard arv_buffer_get_status(buffer) == ARV_BUFFER_STATUS_SUCCESS,
        arv_buffer_get_payload_type(buffer) == ARV_BUFFER_PAYLOAD_TYPE_IMAGE,
        arv_buffer_get_image_width(buffer) == format.samples,
        arv_buffer_get_image_height(buffer) == format.bands,
        let bytes = arv_buffer_get_image_data(buffer, &size), size >= format.bytesPerLine
      else { return .damaged }
      let counts = UnsafeBufferPointer(
        start: bytes.assumingMemoryBound(to: UInt8.self), count: format.bytesPerLine)
      let time = arv_buffer_get_timestamp(buffer)
      return .line(
        WireLine(
          number: counter.number(of: UInt64(arv_buffer_get_frame_id(buffer))),
          cameraNanoseconds: time == 0 ? nil : Int64(truncatingIfNeeded: time),
          counts: format.packing.unpacked(counts.span, count: format.countsPerLine)))
    }
  }

  extension GigEVisionCamera {
    /// Opens the camera and takes control; a program that was killed keeps it for some seconds.
    private static func open(
      _ address: String, name: String, patience: Duration, unless isStopped: () -> Bool
    ) throws -> UnsafeMutablePointer<ArvCamera> {
      let end = ContinuousClock.now + patience
      while true {
        let camera = try call(name, "cannot be opened", remedy: "check address, cable and power") {
          arv_camera_new(address, &$0)
        }
        guard let camera else { throw Complaint(name, "cannot be opened") }
        if mirage_is_controller(arv_camera_get_device(camera)) != 0 { return camera }
        g_object_unref(UnsafeMutableRawPointer(camera))
        guard ContinuousClock.now < end, !isStopped() else {
          throw Complaint(
            name, "is held by another program, for \(patience.seconds) s now",
            remedy: "end that program; after a crash the camera frees itself within seconds")
        }
        Thread.sleep(forTimeInterval: 0.25)
      }
    }

    private static func setUp(
      _ camera: UnsafeMutablePointer<ArvCamera>, settings: GigEVisionSettings, name: String
    ) throws {
      // The camera may still run for a program that was killed.
      try call(name, "cannot be stopped") { arv_camera_stop_acquisition(camera, &$0) }
      let device = arv_camera_get_device(camera)
      // Off by default: a width of 1025 of 1024 would be taken without a word.
      arv_device_set_range_check_policy(device, ARV_RANGE_CHECK_POLICY_ENABLE)
      for feature in settings.features {
        let remedy = "look into the camera's manual for its features and their values"
        _ = try call(name, "does not take '\(feature)'", remedy: remedy) {
          arv_device_set_features_from_string(device, feature, &$0)
        }
      }
      try call(name, "does not take packets of \(settings.packetSize) bytes") {
        arv_camera_gv_set_packet_size(camera, Int32(settings.packetSize), &$0)
      }
      let found = try call(name, "does not tell its packet size") {
        arv_camera_gv_get_packet_size(camera, &$0)
      }
      guard Int(found) == settings.packetSize else {
        throw Complaint(
          name, "sends packets of \(found) bytes, \(settings.packetSize) were asked for",
          remedy: "choose a packet size that the camera can send")
      }
      arv_camera_gv_set_stream_options(
        camera,
        settings.usesPacketSocket
          ? ARV_GV_STREAM_OPTION_NONE : ARV_GV_STREAM_OPTION_PACKET_SOCKET_DISABLED)
    }

    /// Width is across the belt, height are the bands: one frame is one line.
    private static func readFormat(
      _ camera: UnsafeMutablePointer<ArvCamera>, settings: GigEVisionSettings, name: String
    ) throws -> LineFormat {
      var (x, y, width, height) = (Int32(0), Int32(0), Int32(0), Int32(0))
      try call(name, "does not tell its region") {
        arv_camera_get_region(camera, &x, &y, &width, &height, &$0)
      }
      let pixels = try text("PixelFormat", of: camera, name: name)
      let forms: [String: (CountPacking, UInt16)] = [
        "Mono8": (.uint8, 0xff), "Mono10": (.uint16, 0x3ff), "Mono12": (.uint16, 0xfff),
        "Mono14": (.uint16, 0x3fff), "Mono16": (.uint16, 0xffff), "Mono12p": (.mono12p, 0xfff),
        "Mono12Packed": (.mono12Packed, 0xfff),
      ]
      guard let (packing, fullScale) = forms[pixels] else {
        throw Complaint(
          name,
          "sends '\(pixels)', one of \(forms.keys.sorted().joined(separator: ", ")) was wanted",
          remedy: "set the feature PixelFormat")
      }
      if let wavelengths = settings.wavelengths, wavelengths.count != height {
        throw Complaint(
          name, "has \(height) bands, \(wavelengths.count) wavelengths were given",
          remedy: "give one wavelength for each band of the camera's setting")
      }
      let maker = [
        try? text("DeviceVendorName", of: camera, name: name),
        try? text("DeviceModelName", of: camera, name: name),
      ]
      var format = LineFormat(
        camera: maker.compactMap { $0 }.joined(separator: " "), samples: Int(width),
        bands: Int(height), wavelengths: settings.wavelengths, packing: packing,
        fullScale: fullScale)
      try format.check(place: name)
      // A camera that is triggered need not tell a rate.
      format.linesPerSecond = try? call(name, "tells no rate") {
        arv_camera_get_frame_rate(camera, &$0)
      }
      return format
    }

    private static func start(
      _ camera: UnsafeMutablePointer<ArvCamera>, bufferCount: Int, name: String
    ) throws -> UnsafeMutablePointer<ArvStream>? {
      let payload = try call(name, "does not tell the size of its frames") {
        arv_camera_get_payload(camera, &$0)
      }
      let stream = try call(name, "opens no stream") {
        arv_camera_create_stream(camera, mirage_prefer_thread, nil, &$0)
      }
      guard let stream else { throw Complaint(name, "opens no stream") }
      // Room for the packets of a few frames while other programs hold the processor.
      let room = Int32(clamping: max(4 << 20, 8 * Int(payload)))
      mirage_set_up_stream(stream, room, 20_000, 100_000)
      for _ in 0..<bufferCount {
        arv_stream_push_buffer(stream, arv_buffer_new_allocate(Int(payload)))
      }
      do {
        try call(name, "cannot be started") { arv_camera_start_acquisition(camera, &$0) }
      } catch {
        g_object_unref(UnsafeMutableRawPointer(stream))
        throw error
      }
      return stream
    }

    private static func text(
      _ feature: String, of camera: UnsafeMutablePointer<ArvCamera>, name: String
    ) throws(Complaint) -> String {
      let found = try call(name, "has no feature '\(feature)'") {
        arv_camera_get_string(camera, feature, &$0)
      }
      return found.map { String(cString: $0) } ?? ""
    }

    /// Calls Aravis, and turns its error into one that a person can read.
    private static func call<Result>(
      _ name: String, _ problem: String, remedy: String? = nil,
      _ body: (inout UnsafeMutablePointer<GError>?) -> Result
    ) throws(Complaint) -> Result {
      var error: UnsafeMutablePointer<GError>?
      let result = body(&error)
      guard let found = error else { return result }
      let reason = found.pointee.message.map { String(cString: $0) } ?? "no reason told"
      g_error_free(found)
      throw Complaint(name, "\(problem): \(reason)", remedy: remedy)
    }
  }
#endif
