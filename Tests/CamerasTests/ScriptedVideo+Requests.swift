import CV4L2
import Cameras
import Foundation

extension ScriptedWorld {
  /// `ioctl`, by the names of its requests.
  private static let names: [UInt: String] = [
    mirage_v4l2_QUERYCAP: "QUERYCAP", mirage_v4l2_ENUM_FMT: "ENUM_FMT",
    mirage_v4l2_G_FMT: "G_FMT", mirage_v4l2_S_FMT: "S_FMT",
    mirage_v4l2_ENUM_FRAMESIZES: "ENUM_FRAMESIZES",
    mirage_v4l2_ENUM_FRAMEINTERVALS: "ENUM_FRAMEINTERVALS", mirage_v4l2_G_PARM: "G_PARM",
    mirage_v4l2_S_PARM: "S_PARM", mirage_v4l2_QUERYCTRL: "QUERYCTRL",
    mirage_v4l2_QUERYMENU: "QUERYMENU", mirage_v4l2_G_CTRL: "G_CTRL",
    mirage_v4l2_S_CTRL: "S_CTRL", mirage_v4l2_REQBUFS: "REQBUFS",
    mirage_v4l2_QUERYBUF: "QUERYBUF", mirage_v4l2_QBUF: "QBUF", mirage_v4l2_DQBUF: "DQBUF",
    mirage_v4l2_STREAMON: "STREAMON", mirage_v4l2_STREAMOFF: "STREAMOFF",
    mirage_v4l2_SUBSCRIBE_EVENT: "SUBSCRIBE_EVENT", mirage_v4l2_DQEVENT: "DQEVENT",
    mirage_v4l2_ENUMINPUT: "ENUMINPUT", mirage_v4l2_G_INPUT: "G_INPUT",
    mirage_v4l2_S_INPUT: "S_INPUT", mirage_v4l2_QUERY_DV_TIMINGS: "QUERY_DV_TIMINGS",
    mirage_v4l2_G_DV_TIMINGS: "G_DV_TIMINGS", mirage_v4l2_S_DV_TIMINGS: "S_DV_TIMINGS",
  ]

  mutating func control(
    _ file: Int32, _ request: UInt, _ argument: UnsafeMutableRawPointer
  ) -> Int32 {
    let name = Self.names[request] ?? "unknown"
    let failed = failure(of: name)
    guard failed == 0 else { return failed }
    guard var open = files[file] else { return -EBADF }
    guard !isGone(open), var camera else { return -ENODEV }
    defer {
      files[file] = open
      self.camera = camera
    }
    switch name {
    case "QUERYCAP":
      argument.initializeMemory(as: v4l2_capability.self, to: capability(of: camera, open))
      return 0
    case "S_FMT", "G_FMT", "ENUM_FMT", "ENUM_FRAMESIZES", "ENUM_FRAMEINTERVALS", "G_PARM",
      "S_PARM":
      guard !open.isMetadata else { return -EINVAL }
      return format(name, file, open, &camera, argument)
    case "REQBUFS", "QUERYBUF", "QBUF", "DQBUF", "STREAMON", "STREAMOFF":
      return stream(name, file, &open, &camera, argument)
    case "QUERYCTRL", "QUERYMENU", "G_CTRL", "S_CTRL": return control(name, &camera, argument)
    default: return input(name, &open, camera, argument)
    }
  }

  private func capability(of camera: Plugged, _ open: OpenFile) -> v4l2_capability {
    var answer = v4l2_capability()
    Self.write("scripted", into: &answer.driver)
    Self.write(camera.model.card, into: &answer.card)
    Self.write("scripted-\(camera.model.port)", into: &answer.bus_info)
    let flags =
      open.isMetadata
      ? UInt32(V4L2_CAP_META_CAPTURE) | UInt32(bitPattern: V4L2_CAP_STREAMING)
      : camera.model.capabilities
        | (camera.model.isReadable ? UInt32(V4L2_CAP_READWRITE) : 0)
    answer.device_caps = flags
    answer.capabilities =
      flags | UInt32(V4L2_CAP_VIDEO_CAPTURE) | V4L2_CAP_DEVICE_CAPS
    return answer
  }

  private static func write<Field>(_ text: String, into field: inout Field) {
    withUnsafeMutableBytes(of: &field) { bytes in
      for (index, byte) in text.utf8.prefix(bytes.count - 1).enumerated() { bytes[index] = byte }
    }
  }

  // MARK: Formats

  private func format(
    _ name: String, _ file: Int32, _ open: OpenFile, _ camera: inout Plugged,
    _ argument: UnsafeMutableRawPointer
  ) -> Int32 {
    let model = camera.model
    switch name {
    case "S_FMT":
      let isHeld = camera.owner.map { $0 != file || !(files[$0]?.buffers.isEmpty ?? true) } ?? false
      guard !isHeld, !open.begunToRead else { return -EBUSY }
      let format = argument.assumingMemoryBound(to: v4l2_format.self)
      let wish = format.pointee.fmt.pix
      (camera.code, camera.size) = model.nearest(wish.pixelformat, wish.width, wish.height)
      camera.rate = camera.size.rates[0]
      format.pointee.fmt.pix = pixels(of: camera)
    case "G_FMT":
      argument.assumingMemoryBound(to: v4l2_format.self).pointee.fmt.pix = pixels(of: camera)
    case "ENUM_FMT":
      let entry = argument.assumingMemoryBound(to: v4l2_fmtdesc.self)
      guard Int(entry.pointee.index) < model.formats.count else { return -EINVAL }
      entry.pointee.pixelformat = model.formats[Int(entry.pointee.index)].code
      entry.pointee.flags =
        entry.pointee.pixelformat == mirage_v4l2_MJPEG ? UInt32(V4L2_FMT_FLAG_COMPRESSED) : 0
    case "ENUM_FRAMESIZES":
      let entry = argument.assumingMemoryBound(to: v4l2_frmsizeenum.self)
      guard let format = model.formats.first(where: { $0.code == entry.pointee.pixel_format }),
        Int(entry.pointee.index) < format.sizes.count
      else { return -EINVAL }
      let size = format.sizes[Int(entry.pointee.index)]
      entry.pointee.type = V4L2_FRMSIZE_TYPE_DISCRETE.rawValue
      entry.pointee.discrete = v4l2_frmsize_discrete(width: size.width, height: size.height)
    case "ENUM_FRAMEINTERVALS":
      let entry = argument.assumingMemoryBound(to: v4l2_frmivalenum.self)
      let (code, size) = model.nearest(
        entry.pointee.pixel_format, entry.pointee.width, entry.pointee.height)
      guard code == entry.pointee.pixel_format, Int(entry.pointee.index) < size.rates.count else {
        return -EINVAL
      }
      entry.pointee.type = V4L2_FRMIVAL_TYPE_DISCRETE.rawValue
      entry.pointee.discrete = Self.period(size.rates[Int(entry.pointee.index)])
    default:
      let parameters = argument.assumingMemoryBound(to: v4l2_streamparm.self)
      let wish = parameters.pointee.parm.capture.timeperframe
      if name == "S_PARM", wish.numerator > 0 {
        let rate = Double(wish.denominator) / Double(wish.numerator)
        let rates = camera.size.rates
        camera.rate = rates.min { abs($0 - rate) < abs($1 - rate) } ?? rate
      }
      parameters.pointee.parm.capture.timeperframe = Self.period(
        model.lies.agreedRate ?? camera.rate)
    }
    return 0
  }

  private static func period(_ rate: Double) -> v4l2_fract {
    v4l2_fract(numerator: 1000, denominator: UInt32((rate * 1000).rounded()))
  }

  private func pixels(of camera: Plugged) -> v4l2_pix_format {
    var pixels = v4l2_pix_format()
    let (lies, size) = (camera.model.lies, camera.size)
    let isPacked = camera.code == mirage_v4l2_MJPEG
    let isPlanar = [
      mirage_v4l2_YUV420, mirage_v4l2_YVU420, mirage_v4l2_NV16, mirage_v4l2_NV61,
    ].contains(camera.code)
    pixels.width = lies.width ?? size.width
    pixels.height = size.height
    pixels.pixelformat = lies.pixelFormat ?? camera.code
    pixels.field = lies.field ?? V4L2_FIELD_NONE.rawValue
    pixels.bytesperline =
      lies.bytesPerLine ?? (isPacked ? 0 : isPlanar ? size.width : size.width * 2)
    pixels.sizeimage = lies.byteCount ?? size.width * size.height * 2
    pixels.colorspace = camera.model.colorspace
    pixels.ycbcr_enc = camera.model.encoding
    pixels.quantization = camera.model.quantization
    return pixels
  }

  // MARK: Streaming

  private mutating func stream(
    _ name: String, _ file: Int32, _ open: inout OpenFile, _ camera: inout Plugged,
    _ argument: UnsafeMutableRawPointer
  ) -> Int32 {
    switch name {
    case "REQBUFS":
      return requestBuffers(
        file, &open, &camera, argument.assumingMemoryBound(to: v4l2_requestbuffers.self))
    case "STREAMON":
      guard !open.buffers.isEmpty else { return -EINVAL }
      guard !open.isStreaming else { return 0 }
      (open.isStreaming, open.hasFailed) = (true, false)
      open.hasQueued = !open.queued.isEmpty
      camera.sequence = 0
      camera.nextFrameAt = now + Int64(1e9 / (camera.realRate ?? camera.rate))
    case "STREAMOFF":
      (open.isStreaming, open.hasFailed, open.queued, open.filled) = (false, false, [], [])
    case "DQBUF":
      guard open.isStreaming else { return -EINVAL }
      if open.hasFailed { return -EIO }
      guard !open.filled.isEmpty else { return -EAGAIN }
      let frame = open.filled.removeFirst()
      let buffer = argument.assumingMemoryBound(to: v4l2_buffer.self)
      buffer.pointee.index = camera.model.lies.filledIndex ?? UInt32(frame.index)
      buffer.pointee.sequence = frame.sequence
      buffer.pointee.bytesused = frame.count
      buffer.pointee.length = UInt32(open.length)
      buffer.pointee.flags = frame.flags
      buffer.pointee.timestamp.tv_sec =
        frame.stamp == .max ? .max : Int(frame.stamp / 1_000_000_000)
      buffer.pointee.timestamp.tv_usec = Int(frame.stamp % 1_000_000_000 / 1000)
    default:
      let buffer = argument.assumingMemoryBound(to: v4l2_buffer.self)
      let index = Int(buffer.pointee.index)
      guard open.buffers.indices.contains(index) else { return -EINVAL }
      buffer.pointee.length = camera.model.lies.bufferLength ?? UInt32(open.length)
      buffer.pointee.m.offset = UInt32(index * 4096)
      guard name == "QBUF" else { return 0 }
      guard !open.queued.contains(index), !open.filled.contains(where: { $0.index == index })
      else { return -EINVAL }
      open.queued.append(index)
      open.hasQueued = true
    }
    return 0
  }

  private mutating func requestBuffers(
    _ file: Int32, _ open: inout OpenFile, _ camera: inout Plugged,
    _ request: UnsafeMutablePointer<v4l2_requestbuffers>
  ) -> Int32 {
    guard camera.owner == nil || camera.owner == file, !open.begunToRead else { return -EBUSY }
    guard !open.isStreaming, open.buffers.allSatisfy({ !mapped.contains($0) }) else {
      return -EBUSY
    }
    free(&open)
    camera.owner = nil
    guard request.pointee.count > 0 else { return 0 }
    camera.owner = file
    let least: UInt32 = camera.model.isReadable ? 2 : 1
    let count = min(max(request.pointee.count, least), 32)
    open.length = Int(camera.size.width * camera.size.height * 2)
    open.buffers = (0..<count).map { _ in
      let memory = UnsafeMutableRawPointer.allocate(byteCount: open.length, alignment: 4096)
      memory.initializeMemory(as: UInt8.self, repeating: 0, count: open.length)
      return UInt(bitPattern: memory)
    }
    request.pointee.count = camera.model.lies.bufferCount ?? count
    return 0
  }

  // MARK: Controls and inputs

  private func control(
    _ name: String, _ camera: inout Plugged, _ argument: UnsafeMutableRawPointer
  ) -> Int32 {
    let controls = camera.model.controls.sorted { $0.id < $1.id }
    switch name {
    case "QUERYCTRL":
      let query = argument.assumingMemoryBound(to: v4l2_queryctrl.self)
      let wanted = query.pointee.id & ~UInt32(V4L2_CTRL_FLAG_NEXT_CTRL)
      let isNext = wanted != query.pointee.id
      guard let found = controls.first(where: { isNext ? $0.id > wanted : $0.id == wanted }) else {
        return -EINVAL
      }
      query.pointee = v4l2_queryctrl()
      query.pointee.id = found.id
      query.pointee.type =
        found.menu.isEmpty ? V4L2_CTRL_TYPE_INTEGER.rawValue : V4L2_CTRL_TYPE_MENU.rawValue
      Self.write(found.name, into: &query.pointee.name)
      (query.pointee.minimum, query.pointee.maximum) = (found.least, found.most)
      (query.pointee.step, query.pointee.default_value) = (1, found.value)
    case "QUERYMENU":
      let query = argument.assumingMemoryBound(to: v4l2_querymenu.self)
      guard let found = controls.first(where: { $0.id == query.pointee.id }),
        let text = found.menu[Int(query.pointee.index)]
      else { return -EINVAL }
      withUnsafeMutableBytes(of: &query.pointee) { bytes in
        for (index, byte) in text.utf8.prefix(31).enumerated() { bytes[8 + index] = byte }
      }
    default:
      let value = argument.assumingMemoryBound(to: v4l2_control.self)
      guard
        let index = camera.model.controls.firstIndex(where: { $0.id == value.pointee.id })
      else { return -EINVAL }
      let found = camera.model.controls[index]
      guard name == "S_CTRL" else {
        value.pointee.value = found.value
        return 0
      }
      if let rule = found.ruledBy, controls.first(where: { $0.id == rule.id })?.value != rule.value
      {
        return -EACCES
      }
      guard (found.least...found.most).contains(value.pointee.value) else { return -ERANGE }
      if !found.isIgnored { camera.model.controls[index].value = value.pointee.value }
    }
    return 0
  }

  private func input(
    _ name: String, _ open: inout OpenFile, _ camera: Plugged, _ argument: UnsafeMutableRawPointer
  ) -> Int32 {
    switch name {
    case "G_INPUT": argument.storeBytes(of: 0, as: Int32.self)
    case "S_INPUT": return argument.load(as: Int32.self) == 0 ? 0 : -EINVAL
    case "ENUMINPUT":
      let entry = argument.assumingMemoryBound(to: v4l2_input.self)
      guard entry.pointee.index == 0 else { return -EINVAL }
      entry.pointee.type = UInt32(V4L2_INPUT_TYPE_CAMERA)
      entry.pointee.capabilities = camera.model.hasTimings ? UInt32(V4L2_IN_CAP_DV_TIMINGS) : 0
    case "SUBSCRIBE_EVENT":
      guard camera.model.hasTimings else { return -EINVAL }
      open.isSubscribed = true
    case "DQEVENT":
      guard !open.events.isEmpty else { return -ENOENT }
      argument.initializeMemory(as: v4l2_event.self, to: open.events.removeFirst())
    case "QUERY_DV_TIMINGS", "G_DV_TIMINGS":
      guard camera.model.hasTimings else { return -ENOTTY }
      if name == "QUERY_DV_TIMINGS", camera.signal != 0 { return camera.signal }
      var timings = v4l2_dv_timings()
      (timings.bt.width, timings.bt.height) = camera.signalSize
      timings.bt.pixelclock = 74_250_000
      argument.initializeMemory(as: v4l2_dv_timings.self, to: timings)
    case "S_DV_TIMINGS": return camera.model.hasTimings ? 0 : -ENOTTY
    default: return -ENOTTY
    }
    return 0
  }
}

extension ScriptedWorld {
  struct Filled {
    var index: Int
    var sequence: UInt32
    var stamp: Int64
    var flags: UInt32
    var count: UInt32
  }

  struct OpenFile {
    var path: String
    /// Which plugging the file belongs to; later ones are another camera.
    var plugging: Int
    var isMetadata: Bool
    var begunToRead = false
    var buffers: [UInt] = []
    var length = 0
    var queued: [Int] = []
    var filled: [Filled] = []
    var isStreaming = false
    var hasQueued = false
    var hasFailed = false
    var events: [v4l2_event] = []
    var isSubscribed = false
  }
}
