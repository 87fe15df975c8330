using System.Security.Cryptography;
using Larder.Model;

namespace Larder.Security.Keys;

/// <summary>
/// Makes access keys in the identifiable form of Azure Cache for Redis, <c>[0-9A-Za-z]{33}AzCa[A-P][0-9A-Za-z]{5}=</c> (44 characters), which secret
/// scanners recognise. 38 characters of 62 and one of 16 are random: 230 bits.
/// </summary>
public static class AccessKeyGenerator
{
    private const string Letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const string Markers = "ABCDEFGHIJKLMNOP";
    private const string Signature = "AzCa";
    private const int Length = 44;
    private const int SignatureStart = 33;
    private const int MarkerAt = SignatureStart + 4;

    /// <summary>Makes a key; each of the possible ones is equally likely.</summary>
    /// <param name="random">The cryptographic generator; <c>null</c> for the system's.</param>
    /// <returns>The key.</returns>
    public static Secret Create(RandomNumberGenerator? random = null)
    {
        Span<char> key = stackalloc char[Length];
        Fill(key[..SignatureStart], Letters, random);
        Signature.CopyTo(key[SignatureStart..]);
        Fill(key.Slice(MarkerAt, 1), Markers, random);
        Fill(key[(MarkerAt + 1)..(Length - 1)], Letters, random);
        key[Length - 1] = '=';
        var secret = new Secret(new string(key));
        key.Clear();
        return secret;
    }

    // Six bits a character, drawn again where they are beyond the alphabet: a remainder would favour its first letters.
    private static void Fill(Span<char> target, string alphabet, RandomNumberGenerator? random)
    {
        Span<byte> draw = stackalloc byte[Length];
        for (var filled = 0; filled < target.Length;)
        {
            if (random is null)
            {
                RandomNumberGenerator.Fill(draw);
            }
            else
            {
                random.GetBytes(draw);
            }

            foreach (var value in draw)
            {
                var index = value & 63;
                if (index < alphabet.Length && filled < target.Length)
                {
                    target[filled++] = alphabet[index];
                }
            }
        }

        CryptographicOperations.ZeroMemory(draw);
    }
}
