namespace Larder.Resp.Replies;

/// <summary>What <see cref="RespReplyScanner.Scan"/> found.</summary>
public enum RespReplyStatus
{
    /// <summary>All bytes were taken and the frame goes on.</summary>
    NeedMoreData,

    /// <summary>A top-level frame ended with the last byte taken.</summary>
    FrameEnded,

    /// <summary>The bytes are not RESP; the scanner is of no more use.</summary>
    Invalid,
}
