#if GigEVision
  /// What the simulated camera says of itself, in the language of GenICam: features of a line scan
  /// camera, laid onto the registers that Aravis' simulated camera has.
  enum CameraDescription {
    private static func register(_ name: String, _ address: String, _ access: String = "RW")
      -> String
    {
      """
      <IntReg Name="\(name)Register"><Address>\(address)</Address><Length>4</Length>
      <AccessMode>\(access)</AccessMode><pPort>Device</pPort><Sign>Unsigned</Sign>
      <Endianess>BigEndian</Endianess></IntReg>

      """
    }

    private static func integer(
      _ name: String, _ address: String, limits: String = "", access: String = "RW"
    ) -> String {
      "<Integer Name=\"\(name)\"><pValue>\(name)Register</pValue>\(limits)</Integer>\n"
        + register(name, address, access)
    }

    private static func text(_ name: String, _ address: String) -> String {
      """
      <StringReg Name="\(name)"><Address>\(address)</Address><Length>32</Length>
      <AccessMode>RO</AccessMode><pPort>Device</pPort></StringReg>

      """
    }

    private static func choice(
      _ name: String, _ address: String, _ entries: KeyValuePairs<String, Int>
    ) -> String {
      let entries = entries.map {
        "<EnumEntry Name=\"\($0.key)\"><Value>\($0.value)</Value></EnumEntry>"
      }
      return "<Enumeration Name=\"\(name)\">\(entries.joined())"
        + "<pValue>\(name)Register</pValue></Enumeration>\n" + register(name, address)
    }

    private static func command(_ name: String, _ register: String, value: Int) -> String {
      "<Command Name=\"\(name)\"><pValue>\(register)Register</pValue>"
        + "<CommandValue>\(value)</CommandValue></Command>\n"
    }

    private static let features = [
      "DeviceVendorName", "DeviceModelName", "SensorWidth", "SensorHeight", "Width", "Height",
      "OffsetX", "OffsetY", "PixelFormat", "AcquisitionMode", "AcquisitionStart",
      "AcquisitionStop", "AcquisitionFrameRate", "TriggerMode", "TriggerSource",
      "TriggerSoftware", "EncoderDivider", "SpectralBinning", "PayloadSize",
    ]

    /// An FX10-like camera's description.
    static let xml: String = {
      var nodes = text("DeviceVendorName", "0x48") + text("DeviceModelName", "0x68")
      nodes += integer("SensorWidth", "0x11c", access: "RO")
      nodes += integer("SensorHeight", "0x118", access: "RO")
      nodes += integer(
        "Width", "0x100", limits: "<Min>1</Min><pMax>SensorWidth</pMax><Inc>1</Inc>")
      nodes += integer(
        "Height", "0x104", limits: "<Min>1</Min><pMax>SensorHeight</pMax><Inc>1</Inc>")
      nodes += integer("OffsetX", "0x130") + integer("OffsetY", "0x134")
      nodes += choice(
        "PixelFormat", "0x128",
        [
          "Mono8": 0x0108_0001, "Mono12": 0x0110_0005, "Mono12p": 0x010c_0047,
          "Mono12Packed": 0x010c_0006, "Mono16": 0x0110_0007, "RGB8": 0x0218_0014,
        ])
      nodes += choice("AcquisitionMode", "0x12c", ["Continuous": 1, "SingleFrame": 2])
      nodes += register("Acquisition", "0x124", "WO")
      nodes += command("AcquisitionStart", "Acquisition", value: 1)
      nodes += command("AcquisitionStop", "Acquisition", value: 0)
      nodes += """
        <Float Name="AcquisitionFrameRate"><pValue>FrameRate</pValue></Float>
        <Converter Name="FrameRate"><FormulaTo>(1000000 / FROM)</FormulaTo>
        <FormulaFrom>(1000000 / TO)</FormulaFrom><pValue>FramePeriod</pValue></Converter>
        <Integer Name="FramePeriod"><pValue>FramePeriodRegister</pValue><Min>1000</Min>
        <Max>10000000</Max></Integer>

        """
      nodes += register("FramePeriod", "0x138")
      nodes += choice("TriggerMode", "0x300", ["Off": 0, "On": 1])
      nodes += choice("TriggerSource", "0x304", ["Encoder0": 0, "Software": 1])
      nodes += register("TriggerSoftware", "0x30c", "WO")
      nodes += command("TriggerSoftware", "TriggerSoftware", value: 1)
      nodes += integer("EncoderDivider", "0x400", limits: "<Min>1</Min><Max>1000</Max>")
      nodes += integer("SpectralBinning", "0x404", limits: "<Min>1</Min><Max>8</Max>")
      nodes += """
        <IntSwissKnife Name="PayloadSize"><pVariable Name="W">Width</pVariable>
        <pVariable Name="H">Height</pVariable><pVariable Name="P">PixelFormat</pVariable>
        <Formula>W * H * ((P &gt;&gt; 16) &amp; 0xFF) / 8</Formula></IntSwissKnife>
        <Port Name="Device"></Port>

        """
      return """
        <?xml version="1.0" encoding="utf-8"?>
        <RegisterDescription ModelName="FX10" VendorName="Specim" StandardNameSpace="None"
        SchemaMajorVersion="1" SchemaMinorVersion="0" SchemaSubMinorVersion="1" MajorVersion="1"
        MinorVersion="0" SubMinorVersion="0" ToolTip="line scan" ProductGuid="0" VersionGuid="0"
        xmlns="http://www.genicam.org/GenApi/Version_1_0">
        <Category Name="Root" NameSpace="Standard">
        \(features.map { "<pFeature>\($0)</pFeature>" }.joined())
        </Category>
        \(nodes)
        </RegisterDescription>

        """
    }()
  }
#endif
