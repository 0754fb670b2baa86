import CV4L2

// The requests by the structure that they take, named as `v4l2-ctl` and the kernel's documentation
// name what they do.
//
// Source: the Linux kernel's user-space API, *Video for Linux API*, function reference.

extension VideoRequest where Argument == v4l2_capability {
  package static var queryCapabilities: Self { Self(mirage_v4l2_QUERYCAP, "QUERYCAP") }
}

extension VideoRequest where Argument == v4l2_fmtdesc {
  package static var enumerateFormats: Self { Self(mirage_v4l2_ENUM_FMT, "ENUM_FMT") }
}

extension VideoRequest where Argument == v4l2_format {
  package static var getFormat: Self { Self(mirage_v4l2_G_FMT, "G_FMT") }
  package static var setFormat: Self { Self(mirage_v4l2_S_FMT, "S_FMT") }
  package static var tryFormat: Self { Self(mirage_v4l2_TRY_FMT, "TRY_FMT") }
}

extension VideoRequest where Argument == v4l2_frmsizeenum {
  package static var enumerateSizes: Self {
    Self(mirage_v4l2_ENUM_FRAMESIZES, "ENUM_FRAMESIZES")
  }
}

extension VideoRequest where Argument == v4l2_frmivalenum {
  package static var enumerateIntervals: Self {
    Self(mirage_v4l2_ENUM_FRAMEINTERVALS, "ENUM_FRAMEINTERVALS")
  }
}

extension VideoRequest where Argument == v4l2_streamparm {
  package static var getParameters: Self { Self(mirage_v4l2_G_PARM, "G_PARM") }
  package static var setParameters: Self { Self(mirage_v4l2_S_PARM, "S_PARM") }
}

extension VideoRequest where Argument == v4l2_queryctrl {
  package static var queryControl: Self { Self(mirage_v4l2_QUERYCTRL, "QUERYCTRL") }
}

extension VideoRequest where Argument == v4l2_querymenu {
  package static var queryMenu: Self { Self(mirage_v4l2_QUERYMENU, "QUERYMENU") }
}

extension VideoRequest where Argument == v4l2_control {
  package static var getControl: Self { Self(mirage_v4l2_G_CTRL, "G_CTRL") }
  package static var setControl: Self { Self(mirage_v4l2_S_CTRL, "S_CTRL") }
}

extension VideoRequest where Argument == v4l2_requestbuffers {
  package static var requestBuffers: Self { Self(mirage_v4l2_REQBUFS, "REQBUFS") }
}

extension VideoRequest where Argument == v4l2_buffer {
  package static var queryBuffer: Self { Self(mirage_v4l2_QUERYBUF, "QUERYBUF") }
  package static var queueBuffer: Self { Self(mirage_v4l2_QBUF, "QBUF") }
  package static var dequeueBuffer: Self { Self(mirage_v4l2_DQBUF, "DQBUF") }
}

extension VideoRequest where Argument == Int32 {
  package static var streamOn: Self { Self(mirage_v4l2_STREAMON, "STREAMON") }
  package static var streamOff: Self { Self(mirage_v4l2_STREAMOFF, "STREAMOFF") }
  package static var getInput: Self { Self(mirage_v4l2_G_INPUT, "G_INPUT") }
  package static var setInput: Self { Self(mirage_v4l2_S_INPUT, "S_INPUT") }
}

extension VideoRequest where Argument == v4l2_event_subscription {
  package static var subscribeEvent: Self { Self(mirage_v4l2_SUBSCRIBE_EVENT, "SUBSCRIBE_EVENT") }
}

extension VideoRequest where Argument == v4l2_event {
  package static var dequeueEvent: Self { Self(mirage_v4l2_DQEVENT, "DQEVENT") }
}

extension VideoRequest where Argument == v4l2_input {
  package static var enumerateInputs: Self { Self(mirage_v4l2_ENUMINPUT, "ENUMINPUT") }
}

extension VideoRequest where Argument == v4l2_dv_timings {
  package static var queryTimings: Self { Self(mirage_v4l2_QUERY_DV_TIMINGS, "QUERY_DV_TIMINGS") }
  package static var getTimings: Self { Self(mirage_v4l2_G_DV_TIMINGS, "G_DV_TIMINGS") }
  package static var setTimings: Self { Self(mirage_v4l2_S_DV_TIMINGS, "S_DV_TIMINGS") }
}
