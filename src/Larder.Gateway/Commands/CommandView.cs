using Larder.Resp;
using Larder.Resp.Requests;

namespace Larder.Gateway.Commands;

/// <summary>A command where its bytes lie; of a large one, what has arrived of it.</summary>
/// <param name="bytes">From the command's first byte on.</param>
/// <param name="arguments">Where its first arguments lie.</param>
/// <param name="count">How many it has in all, its name included.</param>
internal readonly ref struct CommandView(ReadOnlySpan<byte> bytes, ReadOnlySpan<RespArgument> arguments, int count)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private readonly ReadOnlySpan<RespArgument> _arguments = arguments;

    /// <summary>How many arguments the command has, its name included.</summary>
    public int Count { get; } = count;

    /// <summary>Its name; empty while that has not arrived whole.</summary>
    public ReadOnlySpan<byte> Name => TryGet(0, out var name) ? name : default;

    /// <summary>Its second word; empty where there is none or it has not arrived whole.</summary>
    public ReadOnlySpan<byte> Subcommand => TryGet(1, out var name) ? name : default;

    /// <summary>An argument, where it is there whole.</summary>
    /// <param name="index">0 is the name.</param>
    /// <param name="argument">Its bytes.</param>
    public bool TryGet(int index, out ReadOnlySpan<byte> argument)
    {
        argument = default;
        if (index >= _arguments.Length || _arguments[index].Offset + (long)_arguments[index].Length > _bytes.Length)
        {
            return false;
        }

        argument = _bytes.Slice(_arguments[index].Offset, _arguments[index].Length);
        return true;
    }

    /// <summary>The start of an argument, as much as has arrived.</summary>
    /// <param name="index">0 is the name.</param>
    /// <param name="most">At most so many bytes.</param>
    public ReadOnlySpan<byte> Prefix(int index, int most)
    {
        if (index >= _arguments.Length || _arguments[index].Offset >= _bytes.Length)
        {
            return default;
        }

        var there = _bytes[_arguments[index].Offset..];
        return there[..Math.Min(there.Length, Math.Min(most, _arguments[index].Length))];
    }

    /// <summary>The command's bytes; of a large one, what has arrived of it.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Copies all arguments of a command that is there whole.</summary>
    /// <returns>The arguments, the name first; <c>null</c> where it is not whole.</returns>
    public byte[][]? TryReadAll()
    {
        var all = new byte[Count][];
        var rest = 0;
        for (var index = 0; index < Count; index++)
        {
            if (index < _arguments.Length)
            {
                if (!TryGet(index, out var known))
                {
                    return null;
                }

                all[index] = known.ToArray();
                rest = _arguments[index].Offset + _arguments[index].Length + 2;
                continue;
            }

            // Behind the arguments whose places are known: "$length\r\nbytes\r\n", already found to be well-formed.
            var line = rest < _bytes.Length ? _bytes[rest..].IndexOf((byte)'\n') : -1;
            if (line < 3 || !RespInteger.TryParse(_bytes.Slice(rest + 1, line - 2), out var length) || rest + line + 1 + length > _bytes.Length)
            {
                return null;
            }

            all[index] = _bytes.Slice(rest + line + 1, (int)length).ToArray();
            rest += line + 1 + (int)length + 2;
        }

        return all;
    }

    /// <summary>How many arguments <see cref="Prefix"/> knows.</summary>
    public int Known => _arguments.Length;
}
