using System.Buffers.Binary;

namespace Larder.Backup.Snapshots;

/// <summary>The checksum at the end of RDB files: CRC-64 with the polynomial of Jones, reflected, no inversion. Eight bytes a step.</summary>
internal static class Crc64
{
    private const ulong Polynomial = 0x95ac9329ac4bc9b5; // 0xad93d23594c935a9, its bits reversed
    private const int Slices = 8;

    private static readonly ulong[] Tables = MakeTables();

    /// <summary>Goes on with a checksum.</summary>
    /// <param name="checksum">Of what came before; 0 at the beginning.</param>
    /// <param name="data">What comes next.</param>
    /// <returns>The checksum of all so far.</returns>
    public static ulong Append(ulong checksum, ReadOnlySpan<byte> data)
    {
        var tables = Tables;
        while (data.Length >= Slices)
        {
            checksum ^= BinaryPrimitives.ReadUInt64LittleEndian(data);
            checksum = tables[(7 * 256) + (int)(checksum & 0xff)]
                ^ tables[(6 * 256) + (int)((checksum >> 8) & 0xff)]
                ^ tables[(5 * 256) + (int)((checksum >> 16) & 0xff)]
                ^ tables[(4 * 256) + (int)((checksum >> 24) & 0xff)]
                ^ tables[(3 * 256) + (int)((checksum >> 32) & 0xff)]
                ^ tables[(2 * 256) + (int)((checksum >> 40) & 0xff)]
                ^ tables[256 + (int)((checksum >> 48) & 0xff)]
                ^ tables[(int)(checksum >> 56)];
            data = data[Slices..];
        }

        foreach (var value in data)
        {
            checksum = tables[(int)((checksum ^ value) & 0xff)] ^ (checksum >> 8);
        }

        return checksum;
    }

    private static ulong[] MakeTables()
    {
        var tables = new ulong[Slices * 256];
        for (var value = 0; value < 256; value++)
        {
            var checksum = (ulong)value;
            for (var bit = 0; bit < 8; bit++)
            {
                checksum = (checksum & 1) == 0 ? checksum >> 1 : (checksum >> 1) ^ Polynomial;
            }

            tables[value] = checksum;
        }

        for (var slice = 1; slice < Slices; slice++)
        {
            for (var value = 0; value < 256; value++)
            {
                var before = tables[((slice - 1) * 256) + value];
                tables[(slice * 256) + value] = tables[(int)(before & 0xff)] ^ (before >> 8);
            }
        }

        return tables;
    }
}
