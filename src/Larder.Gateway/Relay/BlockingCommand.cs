using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Larder.Gateway.Commands;
using Larder.Resp;

namespace Larder.Gateway.Relay;

/// <summary>
/// A command that waits at the engine until there is something for it. While it waits it has done nothing, so it can be given to another
/// primary, with the time that it has left.
/// </summary>
internal sealed class BlockingCommand
{
    private readonly byte[][] _arguments;
    private readonly int _timeoutIndex;
    private readonly bool _inMilliseconds;
    private readonly double _timeout;
    private readonly long _started;

    private BlockingCommand(byte[][] arguments, int timeoutIndex, bool inMilliseconds, double timeout, long started) =>
        (_arguments, _timeoutIndex, _inMilliseconds, _timeout, _started) = (arguments, timeoutIndex, inMilliseconds, timeout, started);

    /// <summary>Reads a command that may block.</summary>
    /// <param name="command">The command, whole.</param>
    /// <param name="now">The clock's timestamp.</param>
    /// <returns><c>null</c> where it does not block: no BLOCK option, or a timeout that the engine will refuse.</returns>
    public static BlockingCommand? TryRead(in CommandView command, long now)
    {
        if (command.TryReadAll() is not { Length: > 1 } arguments)
        {
            return null;
        }

        var milliseconds = command.Name.Length > 0 && (command.Name[0] | 32) == (byte)'x';
        var index = milliseconds ? BlockOption(arguments)
            : Ascii.EqualsIgnoreCase(command.Name, "BLMPOP"u8) || Ascii.EqualsIgnoreCase(command.Name, "BZMPOP"u8) ? 1
            : arguments.Length - 1;
        return index > 0
            && Utf8Parser.TryParse(arguments[index], out double timeout, out var read) && read == arguments[index].Length && timeout >= 0
                ? new BlockingCommand(arguments, index, milliseconds, timeout, now)
                : null;
    }

    /// <summary>Writes the command with the time that it has left.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="clock">The clock.</param>
    public void Write(IBufferWriter<byte> output, TimeProvider clock)
    {
        RespWriter.WriteCommandHeader(output, _arguments.Length);
        for (var index = 0; index < _arguments.Length; index++)
        {
            RespWriter.WriteBulk(output, index == _timeoutIndex ? TimeLeft(clock) : _arguments[index]);
        }
    }

    /// <summary>Zero means for ever; what has run out gets the shortest time instead, so that the engine answers as at a time-out.</summary>
    private byte[] TimeLeft(TimeProvider clock)
    {
        if (_timeout == 0)
        {
            return _arguments[_timeoutIndex];
        }

        var elapsed = clock.GetElapsedTime(_started);
        return Encoding.ASCII.GetBytes(_inMilliseconds
            ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Math.Max(1, (long)(_timeout - elapsed.TotalMilliseconds))}")
            : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Math.Max(0.001, _timeout - elapsed.TotalSeconds):0.###}"));
    }

    private static int BlockOption(byte[][] arguments)
    {
        for (var index = 1; index < arguments.Length - 1; index++)
        {
            if (Ascii.EqualsIgnoreCase(arguments[index], "STREAMS"u8))
            {
                break;
            }

            if (Ascii.EqualsIgnoreCase(arguments[index], "BLOCK"u8))
            {
                return index + 1;
            }
        }

        return 0;
    }
}
