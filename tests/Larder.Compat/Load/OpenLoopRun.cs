using System.Globalization;
using System.Text;

namespace Larder.Compat.Load;

/// <summary>The clock of an open loop: sends what is due, takes what has come.</summary>
internal sealed class OpenLoopRun
{
    private const int SetReplyBytes = 5; // +OK

    private readonly NativeTlsClient[] _clients;
    private readonly Random _random;
    private readonly double _meanGap;
    private readonly byte[][] _sets;
    private readonly byte[][] _gets;
    private readonly int _getReplyBytes;

    public OpenLoopRun(NativeTlsClient[] clients, int rate, Random random, int valueBytes, int keys)
    {
        _clients = clients;
        _random = random;
        _meanGap = TimeProvider.System.TimestampFrequency / (double)rate;
        _sets = [.. Enumerable.Range(0, keys).Select(key => Encoding.ASCII.GetBytes(Set(key, valueBytes)))];
        _gets = [.. Enumerable.Range(0, keys).Select(key => Encoding.ASCII.GetBytes($"*2\r\n$3\r\nGET\r\n$8\r\n{Name(key)}\r\n"))];
        _getReplyBytes = string.Create(CultureInfo.InvariantCulture, $"${valueBytes}\r\n\r\n").Length + valueBytes;
    }

    /// <summary>How many commands a second were answered in the last run.</summary>
    public double Reached { get; private set; }

    public static string Set(int key, int valueBytes) =>
        string.Create(CultureInfo.InvariantCulture, $"*3\r\n$3\r\nSET\r\n$8\r\n{Name(key)}\r\n${valueBytes}\r\n{new string('v', valueBytes)}\r\n");

    /// <summary>Runs.</summary>
    /// <returns>How long each command took, in the clock's ticks.</returns>
    public List<long> Go(TimeSpan length)
    {
        var clock = TimeProvider.System;
        var times = new List<long>();
        var begin = clock.GetTimestamp();
        var end = begin + (long)(length.TotalSeconds * clock.TimestampFrequency);
        double due = begin;
        var (turn, outstanding) = (0, 0);
        while (true)
        {
            var now = clock.GetTimestamp();
            for (; due <= now && due < end; due += _meanGap * -Math.Log(1 - _random.NextDouble()), outstanding++)
            {
                var key = _random.Next(_sets.Length);
                var reads = _random.Next(2) == 0;
                _clients[turn++ % _clients.Length].Send(reads ? _gets[key] : _sets[key], (long)due, reads ? _getReplyBytes : SetReplyBytes);
            }

            foreach (var client in _clients)
            {
                if (client.IsWaiting && client.HasSomething())
                {
                    outstanding -= client.Receive(times);
                }
            }

            if (due >= end && outstanding == 0)
            {
                Reached = times.Count / clock.GetElapsedTime(begin).TotalSeconds;
                return times;
            }

            if (now > end + (10 * clock.TimestampFrequency))
            {
                throw new InvalidOperationException($"{outstanding} commands were not answered within 10 s.");
            }
        }
    }

    private static string Name(int key) => string.Create(CultureInfo.InvariantCulture, $"key{key:00000}");
}
