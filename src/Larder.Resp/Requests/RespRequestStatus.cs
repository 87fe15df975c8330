namespace Larder.Resp.Requests;

/// <summary>What <see cref="RespRequestScanner.Scan"/> found.</summary>
public enum RespRequestStatus
{
    /// <summary>The command goes on beyond the bytes given.</summary>
    NeedMoreData,

    /// <summary>A command in the protocol's form is complete.</summary>
    Command,

    /// <summary>An inline command (a line of text) is complete.</summary>
    InlineCommand,

    /// <summary>Something complete that is no command: an empty line, or a command of no arguments. It gets no reply.</summary>
    Nothing,

    /// <summary>The bytes are no request; see <see cref="RespRequestScanner.Error"/>.</summary>
    Invalid,
}
