using System.Security.Cryptography;
using Larder.Model;

namespace Larder.Security.Keys;

/// <summary>Makes the passwords of Larder's own internal engine users.</summary>
public static class EnginePasswordGenerator
{
    /// <summary>Makes a password.</summary>
    /// <returns>256 random bits as 64 lower-case hexadecimal characters: valid in every engine's configuration and ACL file without quoting.</returns>
    public static Secret Create() => new(RandomNumberGenerator.GetHexString(64, lowercase: true));
}
