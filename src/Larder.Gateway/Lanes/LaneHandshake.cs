using System.Buffers;
using System.Globalization;
using System.Text;
using Larder.Gateway.Authentication;
using Larder.Model.Routing;
using Larder.Resp;

namespace Larder.Gateway.Lanes;

/// <summary>What a lane says first to its engine, and what its clients are told of the answer.</summary>
internal static class LaneHandshake
{
    /// <summary>
    /// Identifies clients of lanes: above every id that an engine gives, so that a command that names one (CLIENT TRACKING REDIRECT) finds nobody rather than
    /// somebody else's connection.
    /// </summary>
    public const long FirstId = 1L << 40;

    private static ReadOnlySpan<byte> IdField => "$2\r\nid\r\n:"u8;

    /// <summary>Writes it: HELLO, which tells what the engine is.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="primary">The engine.</param>
    /// <param name="protocol">2 or 3.</param>
    /// <param name="user">The engine user of the lane's clients; <c>null</c> for <c>default</c>.</param>
    public static void Write(IBufferWriter<byte> output, PrimaryRoute primary, int protocol, string? user)
    {
        RespWriter.WriteCommandHeader(output, 5);
        RespWriter.WriteBulk(output, "HELLO"u8);
        RespWriter.WriteBulk(output, protocol == 3 ? "3"u8 : "2"u8);
        RespWriter.WriteBulk(output, "AUTH"u8);
        Credentials.WritePair(output, primary, AccessGrant.Gateway with { User = user });
    }

    /// <summary>What a client gets for its HELLO: the engine's words with an id of its own.</summary>
    /// <param name="greeting">What the engine answered to the lane.</param>
    /// <param name="session">The client's session.</param>
    public static byte[] Greet(byte[] greeting, long session)
    {
        var field = greeting.AsSpan().IndexOf(IdField);
        if (field < 0)
        {
            return greeting;
        }

        var number = field + IdField.Length;
        var end = number + greeting.AsSpan(number).IndexOf((byte)'\r');
        return [.. greeting[..number], .. Encoding.ASCII.GetBytes((FirstId + session).ToString(CultureInfo.InvariantCulture)), .. greeting[end..]];
    }
}
