namespace Larder.Model.Clusters;

/// <summary>The hash slot of a key: CRC16 of it, or of its hash tag, modulo 16,384. Source: Redis cluster specification.</summary>
public static class KeySlot
{
    private static readonly ushort[] Table = BuildTable();

    /// <summary>The slot of a key.</summary>
    /// <param name="key">The key.</param>
    /// <returns>0..16383.</returns>
    public static int Of(ReadOnlySpan<byte> key)
    {
        var open = key.IndexOf((byte)'{');
        if (open >= 0 && key[(open + 1)..].IndexOf((byte)'}') is > 0 and var length)
        {
            key = key.Slice(open + 1, length);
        }

        ushort crc = 0;
        foreach (var one in key)
        {
            crc = (ushort)((crc << 8) ^ Table[((crc >> 8) ^ one) & 0xff]);
        }

        return crc & 0x3fff;
    }

    /// <summary>CRC16-CCITT (XMODEM): polynomial 0x1021, beginning with 0.</summary>
    private static ushort[] BuildTable()
    {
        var table = new ushort[256];
        for (var value = 0; value < table.Length; value++)
        {
            var crc = value << 8;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
            }

            table[value] = (ushort)crc;
        }

        return table;
    }
}
