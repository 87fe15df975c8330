using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Larder.Engines.Copying;

/// <summary>A connection that sends and reads plain bytes, since keys and values need not be texts. Pipelines: all commands of a batch, then all replies.</summary>
internal sealed class ByteConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string _name;
    private BufferedStream? _stream;

    private ByteConnection(string name) => _name = name;

    /// <summary>Connects and authenticates.</summary>
    /// <param name="node">The node.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The connection.</returns>
    public static async Task<ByteConnection> OpenAsync(NodeConfiguration node, CancellationToken cancellationToken)
    {
        var connection = new ByteConnection(NodeName.Of(node));
        try
        {
            await connection._socket.ConnectAsync(new UnixDomainSocketEndPoint(node.SocketPath), cancellationToken);
            connection._stream = new BufferedStream(new NetworkStream(connection._socket), 256 << 10);
            await connection.CallAsync([["AUTH"u8.ToArray(), Text(node.InternalUser.Name), Text(node.InternalUser.Password.Reveal())]], cancellationToken);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>A text as an argument.</summary>
    /// <param name="text">The text.</param>
    /// <returns>Its bytes.</returns>
    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>A number as an argument.</summary>
    /// <param name="value">The number.</param>
    /// <returns>Its digits.</returns>
    public static byte[] Text(long value) => Text(value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Sends commands and reads their replies.</summary>
    /// <param name="commands">The commands.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A reply each: <c>byte[]</c>, <c>long</c>, <c>object?[]</c> or <c>null</c>.</returns>
    /// <exception cref="EngineException">One was refused, or the connection ended.</exception>
    public async Task<object?[]> CallAsync(IReadOnlyList<byte[][]> commands, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var command in commands)
            {
                await WriteAsync(Text($"*{command.Length}\r\n"), cancellationToken);
                foreach (var argument in command)
                {
                    await WriteAsync(Text($"${argument.Length}\r\n"), cancellationToken);
                    await WriteAsync(argument, cancellationToken);
                    await WriteAsync("\r\n"u8.ToArray(), cancellationToken);
                }
            }

            await _stream!.FlushAsync(cancellationToken);
            var replies = new object?[commands.Count];
            for (var index = 0; index < replies.Length; index++)
            {
                replies[index] = await ReadAsync(Encoding.ASCII.GetString(commands[index][0]), cancellationToken);
            }

            return replies;
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            throw new EngineException(EngineFailure.Disconnected, $"{_name} closed the connection while keys were copied: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream?.Dispose();
        _socket.Dispose();
    }

    private ValueTask WriteAsync(byte[] bytes, CancellationToken cancellationToken) => _stream!.WriteAsync(bytes, cancellationToken);

    private async Task<object?> ReadAsync(string verb, CancellationToken cancellationToken)
    {
        var line = await LineAsync(cancellationToken);
        switch (line[0])
        {
            case '-':
                throw new EngineException(EngineFailure.Refused, $"{_name} refused {verb}: {line[1..]}.");
            case ':':
                return long.Parse(line[1..], CultureInfo.InvariantCulture);
            case '$':
                var length = int.Parse(line[1..], CultureInfo.InvariantCulture);
                if (length < 0)
                {
                    return null;
                }

                var value = new byte[length + 2];
                await _stream!.ReadExactlyAsync(value, cancellationToken);
                return value[..length];
            case '*':
                var items = new object?[Math.Max(0, int.Parse(line[1..], CultureInfo.InvariantCulture))];
                for (var index = 0; index < items.Length; index++)
                {
                    items[index] = await ReadAsync(verb, cancellationToken);
                }

                return items;
            default:
                return Text(line[1..]);
        }
    }

    private async Task<string> LineAsync(CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var one = new byte[1];
        while (true)
        {
            await _stream!.ReadExactlyAsync(one, cancellationToken);
            if (one[0] == '\n')
            {
                return text.Length > 0 ? text.ToString() : throw new EngineException(EngineFailure.ProtocolViolation, $"{_name} answered an empty line.");
            }

            if (one[0] != '\r')
            {
                text.Append((char)one[0]);
            }
        }
    }
}
