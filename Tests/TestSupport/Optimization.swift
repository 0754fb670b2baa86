/// Whether the compiler optimized; without it, training and drawing take far too long for a test.
public let isOptimized: Bool = {
  #if DEBUG
    false
  #else
    true
  #endif
}()
