namespace Larder.Resp.Replies;

/// <summary>The short way past the frames that most replies are; <see cref="RespReplyScanner"/> knows them all.</summary>
public static class RespFrame
{
    /// <summary>Finds the end of a simple string, integer, bulk string, null or boolean that is there whole.</summary>
    /// <param name="data">Bytes that begin with a frame.</param>
    /// <param name="length">How many bytes the frame has.</param>
    /// <returns>False for every other kind of frame, for one that is not there whole, and for one that is malformed.</returns>
    public static bool TryMeasure(ReadOnlySpan<byte> data, out int length)
    {
        length = 0;
        if (data.Length < 3)
        {
            return false;
        }

        switch (data[0])
        {
            case (byte)'+':
                var end = data.IndexOf((byte)'\n');
                length = end + 1;
                return end > 0 && data[end - 1] == (byte)'\r';
            case (byte)':':
                return TryMeasureInteger(data, out length);
            case (byte)'$':
                return TryMeasureBulk(data, out length);
            case (byte)'_':
                length = 3;
                return data[1] == (byte)'\r' && data[2] == (byte)'\n';
            default:
                return false;
        }
    }

    private static bool TryMeasureInteger(ReadOnlySpan<byte> data, out int length)
    {
        var position = data[1] == (byte)'-' ? 2 : 1;
        var first = position;
        while (position < data.Length && (uint)(data[position] - '0') <= 9 && position - first < RespInteger.MaxLength)
        {
            position++;
        }

        length = position + 2;
        return position > first && length <= data.Length && data[position] == (byte)'\r' && data[position + 1] == (byte)'\n';
    }

    private static bool TryMeasureBulk(ReadOnlySpan<byte> data, out int length)
    {
        const int mostDigits = 9;
        var position = 1;
        var size = 0;
        while (position < data.Length && (uint)(data[position] - '0') <= 9 && position <= mostDigits)
        {
            size = (size * 10) + (data[position++] - '0');
        }

        if (position == 1)
        {
            length = 5;
            return data.StartsWith("$-1\r\n"u8);
        }

        length = position + 2 + size + 2;
        return length <= data.Length && data[position] == (byte)'\r' && data[position + 1] == (byte)'\n'
            && data[length - 2] == (byte)'\r' && data[length - 1] == (byte)'\n';
    }
}
