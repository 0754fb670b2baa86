import CommandKit

@main
enum UVCCamera {
  static func main() async {
    await Tool(
      "uvc-camera", "A USB camera in user space for the kernel's own driver, with faults to order.",
      [Attach.self, Draw.self]
    ).main()
  }
}
