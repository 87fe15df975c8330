using System.Security.Cryptography;
using System.Text;
using Larder.Model;

namespace Larder.Engines.Acl;

/// <summary>Passwords as ACL files keep them.</summary>
internal static class PasswordHash
{
    /// <summary>The rule that admits a password without holding it: <c>#</c> and its SHA-256 in lower-case hexadecimal.</summary>
    /// <param name="password">The password.</param>
    /// <returns>The rule.</returns>
    public static string Rule(Secret password) =>
        "#" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(password.Reveal())));
}
