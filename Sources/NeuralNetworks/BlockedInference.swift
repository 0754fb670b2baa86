import CLayerKernels

/// An inference plan on our own kernels, image by image.
///
/// Of several images each thread takes its own; a single one is shared by all threads.
final class BlockedInference: InferenceBackend {
  let activationBytes: Int
  let implementations: [(place: String, name: String)]
  private let crew: Crew
  private let storages: [Storage]
  private let steps: UnsafeMutableBufferPointer<layer_step>
  private let ports: UnsafeMutableBufferPointer<layer_port>
  private let inputs: Int
  private var program = layer_program()

  init(
    _ layout: BlockedLayout, inputs: [Graph.Value], outputs: [Graph.Value], batch: Int,
    on engine: Engine
  ) throws {
    crew = try engine.crew()
    let threads = engine.threads
    let cuts = layout.steps.map {
      $0.cut(images: 1, threads: batch > 1 ? 1 : threads, for: layout.set)
    }
    let scratchFloats = (cuts.reduce(0) { max($0, $1.scratch) } + 15) / 16 * 16
    let arena = Storage(byteCount: 4 * threads * layout.arenaFloats)
    let scratch = Storage(byteCount: 4 * threads * scratchFloats)
    var storages = [arena, scratch]
    func stored(_ values: [Float]) -> UnsafePointer<Float> {
      let storage = Storage(byteCount: 4 * values.count)
      storages.append(storage)
      let start = storage.address.assumingMemoryBound(to: Float.self)
      values.withUnsafeBufferPointer {
        if let base = $0.baseAddress { start.update(from: base, count: $0.count) }
      }
      return UnsafePointer(start)
    }
    steps = .allocate(capacity: layout.steps.count)
    for (number, (step, cut)) in zip(layout.steps, cuts).enumerated() {
      steps.initializeElement(
        at: number,
        to: Self.made(step, cut, layout, kernel: stored(step.kernel), bias: stored(step.bias)))
    }
    let pictures =
      inputs.map { (layout.picture(.plain($0.index)), Int32(0)) }
      + outputs.map { (layout.picture(.blocked($0.index)), 1) }
    ports = .allocate(capacity: pictures.count)
    for (number, (picture, isOutput)) in pictures.enumerated() {
      ports.initializeElement(
        at: number, to: layer_port(picture: picture, values: nil, is_output: isOutput))
    }
    self.storages = storages
    self.inputs = inputs.count
    activationBytes = arena.byteCount
    implementations = layout.steps.map { ($0.place, "\($0.name):\(layout.set)") }
    program.steps = UnsafePointer(steps.baseAddress)
    program.ports = UnsafePointer(ports.baseAddress)
    (program.step_count, program.port_count) = (steps.count, ports.count)
    program.arenas = arena.address.assumingMemoryBound(to: Float.self)
    program.scratches = scratch.address.assumingMemoryBound(to: Float.self)
    (program.arena_floats, program.scratch_floats) = (layout.arenaFloats, scratchFloats)
    program.group = 1
  }

  deinit {
    steps.deallocate()
    ports.deallocate()
  }

  private static func made(
    _ step: BlockedStep, _ cut: BlockedStep.Cut, _ layout: BlockedLayout,
    kernel: UnsafePointer<Float>, bias: UnsafePointer<Float>
  ) -> layer_step {
    var made = layer_step()
    (made.kind, made.set) = (Int32(step.kind), layout.set.rawValue)
    made.source = layout.picture(step.source.slot)
    made.target = layout.picture(.blocked(step.target.index))
    made.other = step.ending.other.map { layout.picture(.blocked($0.index)) } ?? made.target
    (made.kernel, made.bias) = (kernel, bias)
    made.size = Int32(step.window.size)
    made.stride = Int32(step.window.stride)
    made.padding = Int32(step.window.padding)
    made.ending = step.ending.flags
    made.images = 1
    (made.share, made.tickets) = (Int32(cut.share), Int32(cut.tickets))
    (made.parts, made.scratch) = (Int32(cut.parts), cut.scratch)
    return made
  }

  func infer(samples: Int, _ inputs: [[Float]], into results: inout [[Float]]) {
    attach(inputs, results: &results, from: 0) { crew.run(&program, images: samples) }
  }

  func infer(samples: Int, _ input: Span<Float>, into result: inout MutableSpan<Float>) {
    input.withUnsafeBufferPointer { source in
      result.withUnsafeMutableBufferPointer { target in
        ports[0].values = UnsafeMutablePointer(mutating: source.baseAddress)
        ports[1].values = target.baseAddress
        crew.run(&program, images: samples)
      }
    }
  }

  /// Hands arrays to the ports, one after another, for as long as `body` runs.
  private func attach(
    _ values: [[Float]], results: inout [[Float]], from place: Int, _ body: () -> Void
  ) {
    if place < values.count {
      values[place].withUnsafeBufferPointer {
        ports[place].values = UnsafeMutablePointer(mutating: $0.baseAddress)
        attach(values, results: &results, from: place + 1, body)
      }
    } else if place < ports.count {
      var result = results[place - inputs]
      results[place - inputs] = []
      result.withUnsafeMutableBufferPointer {
        ports[place].values = $0.baseAddress
        attach(values, results: &results, from: place + 1, body)
      }
      results[place - inputs] = result
    } else {
      body()
    }
  }
}

/// The threads that compute an engine's own kernels: the engine's and its helpers.
final class Crew {
  private let handle: UnsafeMutablePointer<layer_crew>

  init(threads: Int) throws(EngineError) {
    guard let handle = layer_crew_create(Int32(threads)) else {
      throw EngineError(place: "engine", problem: "no memory for \(threads) threads")
    }
    self.handle = handle
  }

  deinit { layer_crew_destroy(handle) }

  /// Runs the program on the images that its ports hold.
  func run(_ program: inout layer_program, images: Int) {
    program.images = images
    layer_program_run(&program, handle)
  }
}
