using System.Buffers;
using System.Text;
using Larder.Model.Routing;
using Larder.Resp;

namespace Larder.Gateway.Authentication;

/// <summary>
/// Writes what the engine sees in place of a client's AUTH or HELLO: the gateway's own password, for the user that the client is, where the client's was right, and credentials
/// that no engine accepts where they were wrong. So the engine itself gives the error, in its own words and its own order.
/// </summary>
internal static class Credentials
{
    /// <summary>No engine has such a user.</summary>
    private static ReadOnlySpan<byte> Nobody => "larder-nobody"u8;

    /// <summary>Writes <c>AUTH</c>.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="primary">The engine, for its credentials.</param>
    /// <param name="grant">What the client's open; <c>null</c> where they are wrong.</param>
    public static void WriteAuth(IBufferWriter<byte> output, PrimaryRoute primary, AccessGrant? grant)
    {
        RespWriter.WriteCommandHeader(output, 3);
        RespWriter.WriteBulk(output, "AUTH"u8);
        WritePair(output, primary, grant);
    }

    /// <summary>Writes a user and a password as two arguments.</summary>
    /// <param name="output">Where to write.</param>
    /// <param name="primary">The engine, for its credentials.</param>
    /// <param name="grant">What the client's open; <c>null</c> where they are wrong.</param>
    public static void WritePair(IBufferWriter<byte> output, PrimaryRoute primary, AccessGrant? grant)
    {
        RespWriter.WriteBulk(output, grant is null ? Nobody : Encoding.UTF8.GetBytes(grant.User ?? primary.User));
        RespWriter.WriteBulk(output, grant is null ? "-"u8 : Encoding.UTF8.GetBytes(primary.Password.Reveal()));
    }
}
