namespace Larder.Gateway.Commands;

/// <summary>What a command does to the data, as far as it matters when its reply is lost.</summary>
internal enum CommandEffect : byte
{
    /// <summary>Nobody knows, or it writes: giving it twice could do it twice.</summary>
    Writes,

    /// <summary>It reads, or asks the server about itself: giving it twice does nothing.</summary>
    Reads,
}
