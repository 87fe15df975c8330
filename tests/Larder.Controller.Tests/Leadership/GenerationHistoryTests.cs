using System.Collections.Immutable;
using CsCheck;
using Larder.Controller.Leadership;

namespace Larder.Controller.Tests.Leadership;

/// <summary>
/// Random histories of a shard: nodes fall behind, catch up, end, lose their disks and come back in any order. The election is what the product
/// uses; writes, sync and crashes are a model.
/// </summary>
public sealed class GenerationHistoryTests
{
    [Fact]
    public void An_election_never_goes_back_to_an_older_generation_while_the_newest_may_come_back() =>
        Gen.Select(Gen.Int[2, 4], Gen.Bool, Gen.Int[0, 999].Array[5, 80]).Sample((nodes, isVolatile, steps) =>
        {
            var shard = new Shard(nodes, isVolatile);
            foreach (var step in steps)
            {
                shard.Step(step);
            }
        });

    [Fact]
    public void A_shard_is_live_again_when_all_are_back_or_an_operator_forces_it() =>
        Gen.Select(Gen.Int[2, 4], Gen.Bool, Gen.Int[0, 999].Array[5, 80], Gen.Bool).Sample((nodes, isVolatile, steps, forced) =>
        {
            var shard = new Shard(nodes, isVolatile);
            foreach (var step in steps)
            {
                shard.Step(step);
            }

            if (!forced)
            {
                shard.BringAllBack();
            }
            else if (!shard.AnyAlive)
            {
                shard.BringBack(0);
            }

            shard.Elect(forced);
            Assert.NotNull(shard.Primary);
        });

    /// <summary>A shard whose nodes hold a number: how many writes they have.</summary>
    private sealed class Shard(int count, bool isVolatile)
    {
        private readonly Node[] _nodes = [.. Enumerable.Range(0, count).Select(_ => new Node())];
        private ImmutableArray<int> _newest = [];
        private long _epoch;
        private long _written;
        private int? _last;

        public int? Primary { get; private set; }

        public bool AnyAlive => _nodes.Any(node => node.Alive);

        public void Step(int what)
        {
            var node = what % count;
            switch (what / count % 7)
            {
                case 0:
                    Elect(forced: false);
                    break;
                case 1 when Primary is { } primary:
                    // A write reaches who is in sync at once; a replica that is not stays behind.
                    _written++;
                    foreach (var follower in _nodes.Where((other, i) => i == primary || other is { Alive: true, Linked: true }))
                    {
                        follower.InMemory = _written;
                        follower.OnDisk = isVolatile ? 0 : _written;
                    }

                    break;
                case 2:
                    End(node);
                    break;
                case 3:
                    BringBack(node);
                    break;
                case 4 when node != Primary:
                    // Its link is down long enough to be recorded, since a primary is there to go on without it.
                    _nodes[node].Linked = false;
                    Record();
                    break;
                case 5 when Primary is { } primary && node != primary && _nodes[node].Alive:
                    _nodes[node].Linked = true;
                    _nodes[node].InMemory = _written;
                    _nodes[node].OnDisk = isVolatile ? 0 : _written;
                    Record();
                    break;
                case 6 when !_nodes[node].Alive:
                    (_nodes[node].OnDisk, _nodes[node].DiskEpoch) = (0, 0);
                    break;
            }
        }

        public void BringAllBack()
        {
            for (var i = 0; i < count; i++)
            {
                BringBack(i);
            }
        }

        public void BringBack(int node)
        {
            if (_nodes[node] is { Alive: false } back)
            {
                (back.Alive, back.Linked, back.MemoryEpoch, back.InMemory) = (true, false, 0, back.OnDisk);
            }
        }

        public void Elect(bool forced)
        {
            if (Primary is not null)
            {
                return;
            }

            var candidates = _nodes.Select((node, i) => new ElectionCandidate
            {
                Ordinal = i,
                Answering = node.Alive,
                Loading = false,
                FullSync = false,
                Evidence = node is { Alive: true, MemoryEpoch: > 0 } ? Evidence.Memory : node.DiskEpoch > 0 ? Evidence.Disk : Evidence.None,
                Epoch = node is { Alive: true, MemoryEpoch: > 0 } ? node.MemoryEpoch : node.DiskEpoch,
                Offset = node.Alive ? node.InMemory : 0,
                Keys = node.Alive ? node.InMemory : 0,
            }).ToList();
            var decision = PrimaryElection.Decide(candidates, new ElectionState
            {
                LastPrimary = _last,
                Newest = _newest,
                Volatile = isVolatile,
                PatienceOver = true,
                Forced = forced,
            });
            if (decision.Winner is not { } winner)
            {
                return;
            }

            var mayComeBack = _newest.Where(i => _nodes[i].Alive ? _nodes[i].MemoryEpoch > 0 || _nodes[i].DiskEpoch > 0 : !isVolatile).ToList();
            if (!forced && mayComeBack.Count > 0)
            {
                Assert.Contains(winner, mayComeBack);
            }

            if (!decision.Lossy)
            {
                Assert.Equal(_written, _nodes[winner].InMemory);
            }

            var others = candidates.Where(other => !decision.Lossy && other is { Ready: true, Evidence: Evidence.Memory } && _newest.Contains(other.Ordinal));
            _newest = [.. others.Select(other => other.Ordinal).Append(winner).Distinct().Order()];
            (_epoch, _last, Primary) = (_epoch + 1, winner, winner);
            _written = _nodes[winner].InMemory;
            Record();
        }

        private void End(int node)
        {
            if (!_nodes[node].Alive)
            {
                return;
            }

            (_nodes[node].Alive, _nodes[node].Linked, _nodes[node].MemoryEpoch) = (false, false, 0);
            if (Primary == node)
            {
                Primary = null;
            }
            else
            {
                Record();
            }
        }

        private void Record()
        {
            if (Primary is not { } primary)
            {
                return;
            }

            _newest = [.. Enumerable.Range(0, count).Where(i => i == primary || (_nodes[i] is { Alive: true, Linked: true }))];
            foreach (var i in _newest)
            {
                _nodes[i].MemoryEpoch = _epoch;
                _nodes[i].DiskEpoch = isVolatile ? 0 : _epoch;
                _nodes[i].OnDisk = isVolatile ? 0 : _nodes[i].InMemory;
            }
        }

        private sealed class Node
        {
            public bool Alive { get; set; } = true;

            public bool Linked { get; set; }

            public long InMemory { get; set; }

            public long OnDisk { get; set; }

            public long MemoryEpoch { get; set; }

            public long DiskEpoch { get; set; }
        }
    }
}
