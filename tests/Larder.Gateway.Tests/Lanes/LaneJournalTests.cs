using CsCheck;
using Larder.Gateway.Lanes;

namespace Larder.Gateway.Tests.Lanes;

/// <summary>The bytes of commands from when they are given until they are answered.</summary>
public sealed class LaneJournalTests
{
    /// <summary>Commands of these lengths are given; then so many bytes are written, and so many commands answered, again and again.</summary>
    private static readonly Gen<(int[] Lengths, int Write, int Answer)[]> Turns = Gen.Select(
        Gen.OneOf(Gen.Int[1, 100], Gen.Int[1, LaneJournal.MaxCommandBytes]).Array[0, 8], Gen.Int[0, 80_000], Gen.Int[0, 12]).Array[1, 8];

    [Fact]
    public void Everything_is_written_once_in_its_order_and_kept_until_it_is_answered() => Turns.Sample(
        turns =>
        {
            var journal = new LaneJournal();
            var unanswered = new Queue<(LaneEntry Entry, byte[] Bytes)>();
            var expected = new List<byte>();
            var written = new List<byte>();
            byte mark = 0;
            foreach (var (lengths, write, answer) in turns)
            {
                foreach (var length in lengths)
                {
                    var bytes = Enumerable.Repeat(++mark, length).ToArray();
                    unanswered.Enqueue((new LaneEntry(null!, journal.Append(bytes), length, Reads: true), bytes));
                    expected.AddRange(bytes);
                }

                for (var left = write; left > 0 && journal.Unwritten(journal.Appended) is { IsEmpty: false } next;)
                {
                    var count = Math.Min(left, next.Length);
                    written.AddRange(next[..count]);
                    journal.NoteWritten(count);
                    left -= count;
                }

                for (var left = answer; left > 0 && unanswered.TryPeek(out var head) && head.Entry.End <= journal.Written; left--)
                {
                    Assert.True(journal.Copy(head.Entry).AsSpan().SequenceEqual(head.Bytes));
                    unanswered.Dequeue();
                    journal.Release(head.Entry.End);
                }
            }

            Assert.All(unanswered, kept => Assert.True(journal.Copy(kept.Entry).AsSpan().SequenceEqual(kept.Bytes)));
            Assert.True(written.ToArray().AsSpan().SequenceEqual(expected.ToArray().AsSpan(0, written.Count)));
            Assert.Equal(expected.Count, journal.Appended);
        },
        iter: 50);

    [Fact]
    public void Bytes_that_are_gone_are_not_made_up()
    {
        var journal = new LaneJournal();
        var entry = new LaneEntry(null!, journal.Append("PING"u8), 4, Reads: true);
        journal.Clear();
        Assert.Throws<InvalidOperationException>(() => journal.Copy(entry));
    }
}
